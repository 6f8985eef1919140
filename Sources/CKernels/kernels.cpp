// Picks the kernels for this processor, and packs weights for them.
#include "scratch.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

extern const Kernels plain_kernels;
#if defined(__x86_64__)
extern const Kernels avx512bf16_kernels, avx512_kernels, avx2_kernels;
#endif

namespace {
bool runs(const Kernels &candidate) {
#if defined(__x86_64__)
    const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
    if (&candidate == &avx512bf16_kernels) return avx512 && __builtin_cpu_supports("avx512bf16");
    if (&candidate == &avx512_kernels) return avx512;
    if (&candidate == &avx2_kernels) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#endif
    return &candidate == &plain_kernels;
}

const Kernels *const candidates[] = {
#if defined(__x86_64__)
    &avx512bf16_kernels, &avx512_kernels, &avx2_kernels,
#endif
    &plain_kernels};

const Kernels *find(const char *name) {
    for (const Kernels *candidate : candidates)
        if (runs(*candidate) && (!name || !std::strcmp(name, candidate->name))) return candidate;
    return nullptr;
}

std::atomic<const Kernels *> chosen{nullptr};

struct Free {
    void operator()(float *memory) const { std::free(memory); }
};
}  // namespace

const Kernels *kernels(void) {
    if (!chosen.load()) chosen = find(nullptr);
    return chosen.load();
}

bool kernels_use(const char *name) {
    const Kernels *found = find(name);
    if (found) chosen = found;
    return found;
}

float *scratch(int64_t count) {
    static thread_local std::unique_ptr<float, Free> memory;
    static thread_local int64_t held = 0;
    if (count > held) {
        const size_t bytes = (count * sizeof(float) + 4095) / 4096 * 4096;
        memory.reset();
        held = 0;
        memory.reset(static_cast<float *>(std::aligned_alloc(4096, bytes)));
        if (!memory) throw std::bad_alloc();
        std::memset(memory.get(), 0, bytes);  // rows of padding are worked on, too: nothing odd may lie there
        held = count;
    }
    return memory.get();
}

int64_t kernel_packed_count(int64_t outputs, int64_t inputs) {
    return (outputs + 15) / 16 * 16 * ((inputs + 15) / 16 * 16);
}

void kernel_pack(const float *matrix, int64_t outputs, int64_t inputs, float *packed) {
    const int64_t depth = (inputs + 15) / 16 * 16;
    std::fill_n(packed, kernel_packed_count(outputs, inputs), 0.0f);
    for (int64_t o = 0; o < outputs; ++o)
        for (int64_t d = 0; d < inputs; ++d) packed[(o / 16 * depth + d) * 16 + o % 16] = matrix[o * inputs + d];
}

int64_t kernel_transformed_count(int64_t outputs, int64_t channels) { return 144 * outputs * channels; }

int64_t kernel_tiles(KernelSize size) { return size.i / 2 * ((size.j + 3) / 4) * ((size.k + 3) / 4); }

void kernel_transform(const float *kernel, int64_t outputs, int64_t channels, float *transformed, int64_t first, int64_t last) {
    constexpr float two[4][3] = {{1, 0, 0}, {.5f, .5f, .5f}, {.5f, -.5f, .5f}, {0, 0, 1}};
    constexpr float four[6][3] = {{1 / 4.f, 0, 0},
                                  {-1 / 6.f, -1 / 6.f, -1 / 6.f},
                                  {-1 / 6.f, 1 / 6.f, -1 / 6.f},
                                  {1 / 24.f, 1 / 12.f, 1 / 6.f},
                                  {1 / 24.f, -1 / 12.f, 1 / 6.f},
                                  {0, 0, 1}};
    struct Lanes {
        float v[16];
    };
    // Σ over the three taps of one axis, for 16 outputs at a time.
    const auto mixed = [](const float (&row)[3], const Lanes &a, const Lanes &b, const Lanes &c) {
        Lanes sum;
        for (int n = 0; n < 16; ++n) sum.v[n] = row[0] * a.v[n] + row[1] * b.v[n] + row[2] * c.v[n];
        return sum;
    };
    for (int64_t item = first; item < last; ++item) {
        const int64_t block = item / channels, c = item % channels;
        Lanes taps[27], lines[9][6], planes[3][36];
        for (int n = 0; n < 16; ++n)
            for (int tap = 0; tap < 27; ++tap) taps[tap].v[n] = kernel[((block * 16 + n) * channels + c) * 27 + tap];
        for (int n = 0; n < 9; ++n)
            for (int z = 0; z < 6; ++z) lines[n][z] = mixed(four[z], taps[n * 3], taps[n * 3 + 1], taps[n * 3 + 2]);
        for (int a = 0; a < 3; ++a)
            for (int f = 0; f < 36; ++f)
                planes[a][f] = mixed(four[f / 6], lines[a * 3][f % 6], lines[a * 3 + 1][f % 6], lines[a * 3 + 2][f % 6]);
        for (int f = 0; f < 144; ++f) {
            const Lanes sum = mixed(two[f / 36], planes[0][f % 36], planes[1][f % 36], planes[2][f % 36]);
            std::copy_n(sum.v, 16, transformed + f * outputs * channels + item * 16);
        }
    }
}
