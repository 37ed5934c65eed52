import de.bwaldvogel.mongo.MongoCollection;
import de.bwaldvogel.mongo.MongoDatabase;
import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.AbstractUniqueIndex;
import de.bwaldvogel.mongo.backend.CursorRegistry;
import de.bwaldvogel.mongo.backend.DatabaseResolver;
import de.bwaldvogel.mongo.backend.Index;
import de.bwaldvogel.mongo.backend.IndexKey;
import de.bwaldvogel.mongo.backend.KeyValue;
import de.bwaldvogel.mongo.backend.aggregation.Aggregation;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.backend.h2.H2Database;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.exception.MongoServerException;
import de.bwaldvogel.mongo.oplog.Oplog;
import de.bwaldvogel.mongo.wire.bson.BsonDecoder;
import de.bwaldvogel.mongo.wire.bson.BsonEncoder;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.h2.mvstore.MVStore;

/** A MongoDB-wire server on a port, with its data in memory and a journal of all that was written in a file. */
class IndexedMongo {
    public static void main(String[] arguments) throws Exception {
        Journal journal = new Journal(arguments[1]);
        JournaledBackend backend = new JournaledBackend(journal);
        journal.replay(backend::replay);
        MongoServer server = new MongoServer(backend);
        server.bind("127.0.0.1", Integer.parseInt(arguments[0]));
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
    }
}

/**
 * What it answered is on the disk: the server's own file is written up to a second later, and one that is killed
 * would forget what it had acknowledged as "majority".
 */
class JournaledBackend extends H2Backend {
    private static final Set<String> WRITES =
        Set.of("insert", "update", "delete", "findAndModify", "createIndexes", "create", "drop", "dropDatabase", "dropIndexes");

    private final Journal journal;

    JournaledBackend(Journal journal) {
        this(journal, new MVStore.Builder().open());
    }

    private JournaledBackend(Journal journal, MVStore memory) {
        super(memory);
        this.journal = journal;
        version(new Version());
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

    @Override
    protected MongoDatabase openOrCreateDatabase(String name) {
        return new IndexedDatabase(name, getMvStore(), getCursorRegistry());
    }

    /** One at a time, in the order of the journal. Nobody is told of what is not on the disk, be it another's. */
    @Override
    public Document handleMessage(MongoMessage message) {
        Document command = message.getDocument();
        ByteBuf bytes = WRITES.contains(command.keySet().iterator().next()) ? Journal.encoded(command) : null;
        long seen = 0;
        try {
            synchronized (this) {
                seen = bytes == null ? journal.appended() : journal.append(bytes);
                return super.handleMessage(message);
            }
        } finally {
            journal.await(seen);
        }
    }

    void replay(Document command) {
        Channel nobody = new EmbeddedChannel();
        try {
            super.handleMessage(new MongoMessage(nobody, null, command));
        } catch (MongoServerException refused) {
            // As it was the first time.
        } finally {
            handleClose(nobody);
        }
    }
}

/** Commands one behind the other in a file. Those that come while it is synced share the next sync. */
class Journal {
    private final FileChannel file;
    private ByteBuf waiting = Unpooled.buffer();
    private long appended;
    private long durable;

    Journal(String path) throws IOException {
        file = FileChannel.open(Path.of(path), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    /** Hands over what an earlier process has left, without the half of a command that it died over. */
    void replay(Consumer<Document> each) throws IOException {
        ByteBuf all = Unpooled.buffer((int) file.size() + 1);
        while (all.readableBytes() < file.size()) all.writeBytes(file, all.readableBytes(), (int) file.size() - all.readableBytes());
        while (all.readableBytes() >= 4 && all.readableBytes() >= all.getIntLE(all.readerIndex())) each.accept(BsonDecoder.decodeBson(all));
        file.truncate(all.readerIndex());
        file.position(all.readerIndex());
    }

    /** A command as the journal has it. */
    static ByteBuf encoded(Document command) {
        ByteBuf bytes = Unpooled.buffer();
        BsonEncoder.encodeDocument(command, bytes);
        return bytes;
    }

    /** Answers with how many there are then. */
    synchronized long append(ByteBuf command) {
        waiting.writeBytes(command);
        return ++appended;
    }

    synchronized long appended() {
        return appended;
    }

    /** Returns when so many commands are on the disk. */
    void await(long commands) {
        synchronized (file) {
            if (durable < commands) write();
        }
    }

    private void write() {
        ByteBuf taken;
        long upTo;
        synchronized (this) {
            taken = waiting;
            upTo = appended;
            waiting = Unpooled.buffer();
        }
        try {
            while (taken.isReadable()) taken.readBytes(file, taken.readableBytes());
            file.force(false);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        durable = upTo;
    }
}

/** Looks up the first field of an index, as MongoDB would. As it comes, the server scans for whatever is not the whole of a unique one. */
class IndexedDatabase extends H2Database {
    /** By collection. Made when the first one comes, which is before this class is. */
    private Map<String, List<Index<Object>>> indexes;

    IndexedDatabase(String name, MVStore store, CursorRegistry cursors) {
        super(name, store, cursors);
    }

    @Override
    protected Index<Object> openOrCreateUniqueIndex(String collection, String name, List<IndexKey> keys, boolean sparse) {
        return known(collection, new UniqueIndex(name, keys, sparse));
    }

    @Override
    protected void addIndex(Document description) {
        super.addIndex(description);
        String namespace = (String) description.get("ns");
        String name = namespace.substring(namespace.indexOf('.') + 1);
        MongoCollection<Object> collection = resolveCollection(name, true);
        List<String> fields = List.copyOf(((Document) description.get("key")).keySet());
        collection.addIndex(known(name, new FirstFieldIndex(fields.get(0))));
        if (fields.size() > 1) collection.addIndex(known(name, new LastOfEach(fields.get(0), fields.get(1))));
        collection.addIndex(new EitherIndex(known(name)));
    }

    /** An aggregation begins with what its `$match` finds. As it comes, the server hands all documents to the stages. */
    @Override
    public Document handleCommand(Channel channel, String command, Document query, DatabaseResolver databases, Oplog oplog) {
        String name = command.equals("aggregate") ? (String) query.get(command) : null;
        Document match = name == null ? null : firstMatch(name, Aggregation.parse(query.get("pipeline")));
        if (match == null) return super.handleCommand(channel, command, query, databases, oplog);
        MongoCollection<Object> collection = resolveCollection(name, false);
        List<Document> found = List.of();
        if (collection != null) {
            Aggregation stages = Aggregation.fromPipeline(query.get("pipeline"), databases, this, collection, oplog);
            stages.validate(query);
            found = stages.runStages(collection.handleQueryAsStream(match));
        }
        Document cursor = new Document("id", 0L).append("ns", getDatabaseName() + "." + name).append("firstBatch", found);
        return new Document("cursor", cursor).append("ok", 1.0);
    }

    private Document firstMatch(String collection, List<Document> stages) {
        Document match = stages.isEmpty() ? null : (Document) stages.get(0).get("$match");
        if (match == null || match.size() != 1 || stages.size() < 3) return match;
        for (Index<Object> index : known(collection)) {
            List<Object> leaps = index instanceof LastOfEach last && last.isWhat(stages) ? last.positions(match) : null;
            if (leaps != null) return new Document("_id", new Document("$in", leaps));
        }
        return match;
    }

    private List<Index<Object>> known(String collection) {
        if (indexes == null) indexes = new HashMap<>();
        return indexes.computeIfAbsent(collection, absent -> new ArrayList<>());
    }

    private Index<Object> known(String collection, Index<Object> index) {
        List<Index<Object>> known = known(collection);
        for (Index<Object> other : known) if (other.getName().equals(index.getName())) return other;
        known.add(index);
        return index;
    }
}

/** The server's own one, but in a map that does not compare keys by what they look like on a disk. */
class UniqueIndex extends AbstractUniqueIndex<Object> {
    private final Map<KeyValue, Object> positions = new LinkedHashMap<>();

    UniqueIndex(String name, List<IndexKey> keys, boolean sparse) {
        super(name, keys, sparse);
    }

    @Override
    protected Object removeDocument(KeyValue key) {
        return positions.remove(key);
    }

    @Override
    protected boolean putKeyPosition(KeyValue key, Object position) {
        return positions.putIfAbsent(key, position) == null;
    }

    @Override
    protected Iterable<Map.Entry<KeyValue, Object>> getIterable() {
        return positions.entrySet();
    }

    @Override
    protected Object getPosition(KeyValue key) {
        return positions.get(key);
    }

    @Override
    public long getCount() {
        return positions.size();
    }

    @Override
    public long getDataSize() {
        return getCount();
    }
}

/** What only helps to find documents, and refuses none. */
abstract class Lookup extends Index<Object> {
    Lookup(String name, String field) {
        super(name, List.of(new IndexKey(field, true)), true);
    }

    @Override
    public void add(Document document, Object position, MongoCollection<Object> collection) {}

    @Override
    public Object remove(Document document) {
        return null;
    }

    @Override
    public void updateInPlace(Document before, Document after, Object position, MongoCollection<Object> collection) {}

    @Override
    public Object getPosition(Document document) {
        return null;
    }

    @Override
    public void checkAdd(Document document, MongoCollection<Object> collection) {}

    @Override
    public void checkUpdate(Document before, Document after, MongoCollection<Object> collection) {}

    @Override
    public long getCount() {
        return 0;
    }

    @Override
    public long getDataSize() {
        return 0;
    }

    @Override
    public void drop() {}
}

/** Of the documents that share a text in the first field, the one with the highest number in the second. MongoDB's index is read in leaps for it. */
class LastOfEach extends Lookup {
    private final String first;
    private final String second;
    private final Map<Object, Document> last = new HashMap<>();

    LastOfEach(String first, String second) {
        super("last of each: " + first + ", " + second, first);
        this.first = first;
        this.second = second;
    }

    /** A `$sort` from the highest, and a `$group` that takes one of each. */
    boolean isWhat(List<Document> stages) {
        Document highestFirst = new Document(first, -1).append(second, -1);
        return highestFirst.equals(stages.get(1).get("$sort"))
            && stages.get(2).get("$group") instanceof Document group
            && group.get("_id").equals("$" + first);
    }

    /** null: it does not know of all of them. */
    List<Object> positions(Document match) {
        if (!(match.get(first) instanceof Document conditions) || !(conditions.get("$in") instanceof Collection<?> some)) return null;
        if (!last.keySet().containsAll(some)) return null;
        return some.stream().map(key -> last.get(key).get("_id")).toList();
    }

    @Override
    public boolean canHandle(Document query) {
        return false;
    }

    @Override
    public Iterable<Object> getPositions(Document query) {
        return List.of();
    }

    @Override
    public void add(Document document, Object position, MongoCollection<Object> collection) {
        if (!(document.get(first) instanceof String key) || !(document.get(second) instanceof Number)) return;
        last.merge(key, document, (one, other) -> numberOf(one) > numberOf(other) ? one : other);
    }

    @Override
    public Object remove(Document document) {
        Document known = last.get(document.get(first));
        if (known != null && known.get("_id").equals(document.get("_id"))) last.remove(document.get(first));
        return null;
    }

    private long numberOf(Document document) {
        return ((Number) document.get(second)).longValue();
    }
}

/** For `$or`: asks the other indexes for each part. */
class EitherIndex extends Lookup {
    private final List<Index<Object>> others;

    EitherIndex(List<Index<Object>> others) {
        super("either", "$or");
        this.others = others;
    }

    @Override
    public boolean canHandle(Document query) {
        return query.get("$or") instanceof Collection<?> parts && parts.stream().allMatch(part -> indexFor(part) != null);
    }

    @Override
    public Iterable<Object> getPositions(Document query) {
        Set<Object> found = new LinkedHashSet<>();
        for (Object part : (Collection<?>) query.get("$or")) indexFor(part).getPositions((Document) part).forEach(found::add);
        return found;
    }

    private Index<Object> indexFor(Object part) {
        for (Index<Object> index : others) if (part instanceof Document query && index.canHandle(query)) return index;
        return null;
    }
}

/** Where the documents are that have a text or a time in a field. It is asked for one, for several by `$in`, or for all up to one by `$lte`. */
class FirstFieldIndex extends Lookup {
    /** Texts before times. */
    private static final Comparator<Object> BY_VALUE =
        (one, other) -> one instanceof Instant time
            ? other instanceof Instant later ? time.compareTo(later) : 1
            : other instanceof String text ? ((String) one).compareTo(text) : -1;

    private final String field;
    private final NavigableMap<Object, Set<Object>> positions = new TreeMap<>(BY_VALUE);

    FirstFieldIndex(String field) {
        super("first field: " + field, field);
        this.field = field;
    }

    @Override
    public boolean canHandle(Document query) {
        return keys(query) != null;
    }

    @Override
    public Iterable<Object> getPositions(Document query) {
        List<Object> found = new ArrayList<>();
        for (Object key : keys(query)) found.addAll(positions.getOrDefault(key, Set.of()));
        return found;
    }

    @Override
    public void add(Document document, Object position, MongoCollection<Object> collection) {
        Object key = document.get(field);
        if (isKey(key)) positions.computeIfAbsent(key, absent -> new LinkedHashSet<>()).add(position);
    }

    @Override
    public Object remove(Document document) {
        Object position = document.get("_id");
        Object key = document.get(field);
        if (!isKey(key) || !positions.containsKey(key)) return null;
        positions.get(key).remove(position);
        if (positions.get(key).isEmpty()) positions.remove(key);
        return position;
    }

    @Override
    public void updateInPlace(Document before, Document after, Object position, MongoCollection<Object> collection) {
        if (Objects.equals(before.get(field), after.get(field))) return;
        remove(before);
        add(after, position, collection);
    }

    /** An index of several fields at once has been asked before this one. */
    private Collection<?> keys(Document query) {
        Object wanted = query.get(field);
        if (isKey(wanted)) return List.of(wanted);
        if (!(wanted instanceof Document conditions)) return null;
        if (isKey(conditions.get("$lte"))) return positions.headMap(conditions.get("$lte"), true).keySet();
        if (!(conditions.get("$in") instanceof Collection<?> some)) return null;
        return some.stream().allMatch(FirstFieldIndex::isKey) ? new LinkedHashSet<>(some) : null;
    }

    private static boolean isKey(Object value) {
        return value instanceof String || value instanceof Instant;
    }

    @Override
    public boolean isEmpty() {
        return positions.isEmpty();
    }

    @Override
    public void drop() {
        positions.clear();
    }
}
