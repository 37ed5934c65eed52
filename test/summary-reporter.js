import { relative } from "node:path";

/**
 * Ends the run with one plain line: `N passed, N failed[, N skipped]`. A file that cannot run counts as a failure.
 * What was skipped, for want of a server on this machine, is named before it.
 */
export default class SummaryReporter {
  onRunComplete(_contexts, results) {
    const broken = results.testResults.filter((file) => file.testExecError).length;
    const failed = results.numFailedTests + broken;
    const skipped = results.numPendingTests + results.numTodoTests;
    const line = `${results.numPassedTests} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`;
    const lines = [...skippedByFile(results), line].join("\n");
    // Jest's own summary comes after every reporter; this line must be the last.
    process.once("exit", () => process.stdout.write(`\n${lines}\n`));
  }
}

function skippedByFile({ testResults }) {
  return testResults.flatMap(({ testFilePath, testResults: tests }) => {
    const names = tests.filter(({ status }) => status === "pending").map(({ fullName }) => fullName);
    const file = relative(process.cwd(), testFilePath);
    return names.length ? [`skipped ${names.length} of ${file}:`, ...names.map((name) => `  ${name}`)] : [];
  });
}
