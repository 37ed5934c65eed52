import { useModel } from "../model/use-model.tsx";
import { useTexts } from "../text/use-texts.tsx";

/** Says that there is no connection, and lets the user not wait. */
export function ConnectionBanner() {
  const { connection, client } = useModel();
  const texts = useTexts();
  const replaced = connection.state === "stopped" && connection.reason === "replaced";
  const says = {
    connecting: texts.connecting,
    waiting: texts.offline,
    stopped: replaced ? texts.replaced : "",
    online: "",
    closed: "",
  }[connection.state];
  return (
    <div role="status">
      {says && (
        <p className="banner">
          {says}{" "}
          {connection.state !== "connecting" && (
            <button className="link" type="button" onClick={() => client.connect()}>
              {replaced ? texts.continueHere : texts.tryNow}
            </button>
          )}
        </p>
      )}
    </div>
  );
}
