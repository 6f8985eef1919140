#include "archive.h"

#include <sys/types.h>  // in_memory_adapter.h needs it and does not say so

#include <caffe2/serialize/in_memory_adapter.h>
#include <caffe2/serialize/inline_container.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

struct Archive {
    struct Record {
        std::string name;
        uint64_t offset, size;
    };
    std::vector<Record> records;
};

namespace {

// PyTorchStreamReader inflates two records while it is constructed, whatever they grow to: 0.8 MB of file became 1.6 GB
// of memory. So the directory is walked first, and an archive with anything but stored records never reaches it.
class Directory {
public:
    Directory(const void *bytes, size_t size) : bytes(static_cast<const uint8_t *>(bytes)), size(size) {}

    void refuseAllButStoredRecords() const {
        uint64_t cursor, length, records;
        locate(cursor, length, records);
        const uint64_t end = cursor + length;
        for (uint64_t record = 0; record < records; ++record) {
            if (end - cursor < 46 || number(cursor, 4) != 0x02014b50) fail("its table of contents is damaged");
            const uint64_t name = number(cursor + 28, 2), extra = number(cursor + 30, 2), note = number(cursor + 32, 2);
            if (end - cursor - 46 < name + extra + note) fail("its table of contents is damaged");
            checkOne(cursor, name, extra);
            cursor += 46 + name + extra + note;
        }
    }

private:
    const uint8_t *bytes;
    const uint64_t size;

    [[noreturn]] static void fail(const std::string &why) { throw std::runtime_error(why); }

    uint64_t number(uint64_t at, int width) const {
        if (at > size || size - at < static_cast<uint64_t>(width)) fail("it ends early");
        uint64_t value = 0;
        for (int i = width - 1; i >= 0; --i) value = value << 8 | bytes[at + i];
        return value;
    }

    // The end record must be the last 22 bytes and the directory must touch it, as in every file of torch.save; then no
    // reader can find another directory than this one.
    void locate(uint64_t &start, uint64_t &length, uint64_t &records) const {
        if (size < 22 || number(size - 22, 4) != 0x06054b50)
            fail("its end is missing: the file is cut short, or was added to");
        uint64_t end = size - 22;
        records = number(end + 10, 2), length = number(end + 12, 4), start = number(end + 16, 4);
        if (end >= 20 && number(end - 20, 4) == 0x07064b50) {
            end = number(end - 12, 8);
            if (number(end, 4) != 0x06064b50 || end > size - 22 - 20 - 56) fail("its table of contents is damaged");
            records = number(end + 32, 8), length = number(end + 40, 8), start = number(end + 48, 8);
        }
        if (length > end || start != end - length || records > length / 46) fail("its table of contents is damaged");
    }

    void checkOne(uint64_t entry, uint64_t nameLength, uint64_t extraLength) const {
        const auto *text = reinterpret_cast<const char *>(bytes + entry + 46);
        const std::string name(text, std::min<uint64_t>(nameLength, 80));
        if (number(entry + 8, 2) & 1) fail("its record \"" + name + "\" is encrypted");
        if (number(entry + 10, 2) != 0 && name.find("/code/") != std::string::npos)
            fail("it is a TorchScript program; save its weights with "
                 "torch.save(torch.jit.load(old).state_dict(), new)");
        if (number(entry + 10, 2) != 0)
            fail("its record \"" + name + "\" is compressed, which torch.save never does; "
                 "save it again with torch.save");
        uint64_t stored = number(entry + 24, 4);
        const uint64_t extra = entry + 46 + nameLength;
        for (uint64_t at = 0; stored == 0xffffffff && at + 12 <= extraLength; at += 4 + number(extra + at + 2, 2))
            if (number(extra + at, 2) == 1) stored = number(extra + at + 4, 8);
        if (stored > size)
            fail("its record \"" + name + "\" claims " + std::to_string(stored) + " bytes, but the whole file has "
                 + std::to_string(size));
    }
};

Archive *open(const void *bytes, size_t size) {
    Directory(bytes, size).refuseAllButStoredRecords();
    caffe2::serialize::PyTorchStreamReader reader(
        std::make_shared<caffe2::serialize::MemoryReadAdapter>(bytes, static_cast<off_t>(size)));
    auto archive = std::make_unique<Archive>();
    for (auto &name : reader.getAllRecords()) {
        const uint64_t offset = reader.getRecordOffset(name), length = reader.getRecordSize(name);
        if (offset > size || length > size - offset)
            throw std::runtime_error("its record \"" + name + "\" lies outside the file");
        archive->records.push_back({name, offset, length});
    }
    return archive.release();
}

// libtorch's messages begin with the place in its source and go on with a stack trace.
void report(std::string why, char *error, size_t capacity) {
    if (const auto place = why.find("] . "); why.starts_with("[enforce fail") && place != std::string::npos)
        why.erase(0, place + 4);
    why.erase(std::min(why.find('\n'), why.size()));
    if (capacity == 0) return;
    const size_t length = std::min(why.size(), capacity - 1);
    std::memcpy(error, why.data(), length);
    error[length] = 0;
}

}  // namespace

extern "C" {

Archive *archive_open(const void *bytes, size_t size, char *error, size_t capacity) {
    try {
        return open(bytes, size);
    } catch (const c10::Error &e) {
        report(e.what_without_backtrace(), error, capacity);
    } catch (const std::exception &e) {
        report(e.what(), error, capacity);
    } catch (...) {
        report("an unknown fault", error, capacity);
    }
    return nullptr;
}

void archive_close(Archive *archive) { delete archive; }
size_t archive_count(const Archive *archive) { return archive->records.size(); }
const char *archive_name(const Archive *archive, size_t record) { return archive->records[record].name.c_str(); }
uint64_t archive_offset(const Archive *archive, size_t record) { return archive->records[record].offset; }
uint64_t archive_size(const Archive *archive, size_t record) { return archive->records[record].size; }
}
