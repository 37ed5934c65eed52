// Run by mongosh. May be run again.
const members = ["mongo1", "mongo2", "mongo3"].map((name, _id) => ({ _id, host: `${name}:27017` }));
try {
  rs.initiate({ _id: "rs0", members });
} catch (error) {
  if (error.codeName !== "AlreadyInitialized") throw error;
}
for (let tries = 60; !rs.status().members.some(({ stateStr }) => stateStr === "PRIMARY"); tries--) {
  if (tries === 0) throw new Error("the replica set has no primary after a minute");
  sleep(1000);
}
