import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.util.List;
import org.h2.mvstore.MVStore;

/**
 * A MongoDB-wire server on a port, with its data in a file. What it answered is in the file: the server as it comes
 * writes behind, up to a second later, and one that is killed would forget what it had acknowledged as "majority".
 */
class DurableMongo {
    public static void main(String[] arguments) {
        MVStore store = new MVStore.Builder().fileName(arguments[1]).autoCommitDisabled().open();
        MongoServer server = new MongoServer(new DurableBackend(store).version(new Version()));
        server.bind("127.0.0.1", Integer.parseInt(arguments[0]));
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
    }

    /** Its own idea of 5.0 has the number of 4.2 on the wire, which the driver refuses. */
    record Version() implements MongoVersion {
        @Override
        public List<Integer> getVersionArray() {
            return List.of(5, 0, 0);
        }

        @Override
        public int getWireVersion() {
            return 13;
        }
    }

    static class DurableBackend extends H2Backend {
        DurableBackend(MVStore store) {
            super(store);
        }

        /** One at a time, so that no commit holds half of another message's writes. */
        @Override
        public synchronized Document handleMessage(MongoMessage message) {
            try {
                return super.handleMessage(message);
            } finally {
                commit();
            }
        }
    }
}
