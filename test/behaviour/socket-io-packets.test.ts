import { describe, expect, test } from "@jest/globals";
import { answerPacket, controlPackets, isRequest, requestIn } from "../../services/gateway/transports/socket-io-packets.ts";

describe("a request", () => {
  test.each([
    ['2["sync"]', { event: "sync", data: undefined, id: "" }],
    ['2["sync",{}]', { event: "sync", data: {}, id: "" }],
    ['20["sync",{"a":"[2]"}]', { event: "sync", data: { a: "[2]" }, id: "0" }],
    ['212345["sync",{}, "further"]', { event: "sync", data: {}, id: "12345" }],
    ['2/,7["sync",{}]', { event: "sync", data: {}, id: "7" }],
    ['51-7["sync",{"_placeholder":true,"num":0}]', { event: "sync", data: { _placeholder: true, num: 0 }, id: "7" }],
    ["2[]", { event: undefined, data: undefined, id: "" }],
  ])("is read: %s", (packet, request) => {
    expect(isRequest(packet)).toBe(true);
    expect(requestIn(packet)).toEqual(request);
  });

  test.each(["2", "2{}", '2"x"', '2["x"', '2/other,["x"]', '2x["x"]', '2-1["x"]', '2 1["x"]', "2]["])(
    "is none of the default namespace: %s",
    (packet) => expect(requestIn(packet)).toBeUndefined(),
  );

  test("is answered with its id and one argument", () => {
    expect(answerPacket("12", { ok: true, data: {} })).toBe('312[{"ok":true,"data":{}}]');
  });

  test.each(["0", "1", '31["x"]', "", Buffer.from("2[]"), undefined])("is not %s", (packet) => {
    expect(isRequest(packet)).toBe(false);
  });
});

/** What the library hears of these packets. */
function decoded(...packets: (string | Buffer)[]): unknown[] {
  const heard: unknown[] = [];
  const decoder = new controlPackets.Decoder();
  decoder.on("decoded", (packet) => heard.push(packet));
  for (const packet of packets) decoder.add(packet);
  return heard;
}

describe("the library", () => {
  test.each([
    ["0", { type: 0, nsp: "/", data: undefined }],
    ['0{"token":"a,b"}', { type: 0, nsp: "/", data: { token: "a,b" } }],
    ['0/,{"v":1}', { type: 0, nsp: "/", data: { v: 1 } }],
    ['0/other,{"v":1}', { type: 0, nsp: "/other", data: { v: 1 } }],
    ["0/other", { type: 0, nsp: "/other", data: undefined }],
    ["1", { type: 1, nsp: "/", data: undefined }],
    ["1/other,", { type: 1, nsp: "/other", data: undefined }],
  ])("hears who joins and leaves: %s", (packet, heard) => expect(decoded(packet)).toEqual([heard]));

  test("hears no requests, with or without attachments, and no acknowledgements", () => {
    expect(decoded('2["x"]', '52-["x"]', Buffer.from("1"), Buffer.from("2"), '35["x"]', '61-5["x"]', Buffer.from("3"))).toEqual(
      [],
    );
  });

  test.each([
    [["0[]"]],
    [['0"x"']],
    [["0{"]],
    [['1{"x":1}']],
    [["4{}"]],
    [["7"]],
    [[""]],
    [["x"]],
    [['5["x"]']],
    [['50-["x"]']],
    [['511-["x"]']],
    [[Buffer.from("not announced")]],
    [['51-["x"]', "1"]],
    [['51-["x"]', Buffer.from("1"), Buffer.from("2")]],
  ])("is told that these are none: %j", (packets) => expect(() => decoded(...packets)).toThrow());

  test("has its packets written", () => {
    const encoder = new controlPackets.Encoder();
    expect(encoder.encode({ type: 0, nsp: "/", data: { sid: "s" } })).toEqual(['0{"sid":"s"}']);
    expect(encoder.encode({ type: 4, nsp: "/other", data: { message: "m" } })).toEqual(['4/other,{"message":"m"}']);
    expect(encoder.encode({ type: 1, nsp: "/" })).toEqual(["1"]);
  });
});
