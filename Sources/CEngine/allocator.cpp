// Memory of tensors on the processor, kept and handed out again.
//
// glibc maps and unmaps every large block, so that each new tensor faults its pages in anew: two to four times the time
// of a whole network. Here a freed block waits in a bucket of its size (steps of an eighth of a power of two).
#include "engine.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>
#include <cstdlib>
#include <map>
#include <mutex>
#include <sys/mman.h>
#include <unordered_map>
#include <vector>

namespace {
constexpr size_t kSmall = 64 << 10;      // below this malloc itself is fast
constexpr size_t kHugePage = 2u << 20;   // blocks from here on are aligned for huge pages

size_t bucket(size_t bytes) {
    size_t power = 1;
    while (power <= bytes / 2) power *= 2;
    size_t step = power / 8;
    return (bytes + step - 1) / step * step;
}

class CachingAllocator final : public c10::Allocator {
    std::mutex mutex;
    std::unordered_map<void *, size_t> live;
    std::map<size_t, std::vector<void *>> waiting;
    size_t used = 0, peak = 0;

    static void *fresh(size_t size) {
        void *block = nullptr;
        if (posix_memalign(&block, size >= kHugePage ? kHugePage : 64, size) != 0) return nullptr;
#ifdef MADV_HUGEPAGE
        if (size >= kHugePage) madvise(block, size, MADV_HUGEPAGE);
#endif
        return block;
    }

    void release_locked() {
        for (auto &[size, blocks] : waiting)
            for (void *block : blocks) free(block);
        waiting.clear();
    }

public:
    static CachingAllocator &shared() {
        static auto *allocator = new CachingAllocator();
        return *allocator;
    }

    static void give_back(void *block) { shared().put(block); }

    c10::DataPtr allocate(size_t bytes) override {
        void *block = bytes == 0 ? nullptr : take(bytes);
        return {block, block, &give_back, c10::Device(c10::DeviceType::CPU)};
    }
    c10::DeleterFnPtr raw_deleter() const override { return &give_back; }
    void copy_data(void *to, const void *from, size_t bytes) const override { default_copy_data(to, from, bytes); }

    void *take(size_t bytes) {
        size_t size = bytes < kSmall ? bytes : bucket(bytes);
        std::lock_guard lock(mutex);
        void *block = nullptr;
        if (auto found = waiting.find(size); found != waiting.end() && !found->second.empty()) {
            block = found->second.back();
            found->second.pop_back();
        } else {
            block = fresh(size);
            if (!block) {
                release_locked();
                block = fresh(size);
            }
        }
        TORCH_CHECK(block, "not enough memory for a tensor of ", bytes / 1000000, " MB");
        live[block] = size;
        used += size;
        peak = std::max(peak, used);
        return block;
    }

    void put(void *block) {
        if (!block) return;
        std::lock_guard lock(mutex);
        auto found = live.find(block);
        if (found == live.end()) return;
        size_t size = found->second;
        live.erase(found);
        used -= size;
        if (size < kSmall) free(block);
        else waiting[size].push_back(block);
    }

    size_t highest() { std::lock_guard lock(mutex); return peak; }
    void reset_highest() { std::lock_guard lock(mutex); peak = used; }
    void release() { std::lock_guard lock(mutex); release_locked(); }
};

// Installed before the first tensor is made; the priority wins over PyTorch's own default.
const bool installed = [] {
    c10::SetCPUAllocator(&CachingAllocator::shared(), 100);
    return true;
}();
}  // namespace

size_t engine_memory_peak(void) { return CachingAllocator::shared().highest(); }
void engine_memory_reset_peak(void) { CachingAllocator::shared().reset_highest(); }
void engine_memory_release(void) { CachingAllocator::shared().release(); }
