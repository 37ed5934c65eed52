/** Asks for many at once: what comes while a question is under way goes together in the next. */
export class Gathered<Q, A> {
  readonly #answer: (questions: Q[]) => Promise<A[]>;
  #waiting: { question: Q; resolve: (answer: A) => void; reject: (error: unknown) => void }[] = [];
  #isUnderWay = false;

  /** `answer`: one for each question, in their order. */
  constructor(answer: (questions: Q[]) => Promise<A[]>) {
    this.#answer = answer;
  }

  ask(question: Q): Promise<A> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
      if (!this.#isUnderWay) setImmediate(() => this.#go());
      this.#isUnderWay = true;
    });
  }

  async #go(): Promise<void> {
    while (this.#waiting.length > 0) {
      const taken = this.#waiting.splice(0);
      try {
        const answers = await this.#answer(taken.map(({ question }) => question));
        for (const [i, { resolve }] of taken.entries()) resolve(answers[i] as A);
      } catch (error) {
        for (const { reject } of taken) reject(error);
      }
    }
    this.#isUnderWay = false;
  }
}
