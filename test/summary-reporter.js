/** Ends the run with one plain line: `N passed, N failed[, N skipped]`. A file that cannot run counts as a failure. */
export default class SummaryReporter {
  onRunComplete(_contexts, results) {
    const broken = results.testResults.filter((file) => file.testExecError).length;
    const failed = results.numFailedTests + broken;
    const skipped = results.numPendingTests + results.numTodoTests;
    const line = `${results.numPassedTests} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ""}`;
    // Jest's own summary comes after every reporter; this line must be the last.
    process.once("exit", () => process.stdout.write(`\n${line}\n`));
  }
}
