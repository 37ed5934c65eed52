/** This node runs no turn of that actor any more, and has not run this one: another node does. */
export class MovedError extends Error {
  constructor() {
    super("the actor lives on another node now");
    this.name = "MovedError";
  }
}
