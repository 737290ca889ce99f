import assert from "node:assert/strict";
import { encode, presign } from "./presign.ts";

Deno.test("presign() signs as AWS's own example", async () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
  const keys = {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  };
  const link = await presign("https://examplebucket.s3.amazonaws.com/test.txt", keys, {
    method: "GET",
    at: new Date("2013-05-24T00:00:00Z"),
    seconds: 86_400,
    region: "us-east-1",
  });
  assert.equal(
    new URL(link).searchParams.get("X-Amz-Signature"),
    "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
  );
});

Deno.test("encode() leaves the characters alone that AWS does not encode", () => {
  assert.equal(encode("a-b_c.d~e"), "a-b_c.d~e");
  assert.equal(encode('a b/c"(1)*!'), "a%20b%2Fc%22%281%29%2A%21");
});
