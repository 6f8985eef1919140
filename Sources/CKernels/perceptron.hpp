// norm → linear → StarReLU → linear → residual, on tiles whose hidden features never leave the cache.

struct Residual {
    const float *x, *scale;
    float *y;
    int64_t channels, rows;
    MEMBER void operator()(int64_t row, int64_t block, V v) const {
        if (row >= rows) return;
        const int64_t place = row * channels + block * L;
        at(y + place) = v + (scale ? at(x + place) * at(scale + block * L) : at(x + place));
    }
};

OUTLINE void perceptron(const KernelPerceptron *p, const float *x, float *y, int64_t first, int64_t last) {
    constexpr int64_t T = 48;
    const int64_t C = p->channels, H = p->hidden;
    float *normal = scratch((C + H) * T), *hidden = normal + C * T;
    for (int64_t start = first; start < last; start += T) {
        const int64_t rows = last - start < T ? last - start : T;
        normalised_blocks(x + start * C, rows, C, p->norm, p->epsilon, normal, T * L);
        Blocked<Star> widened{hidden, T * L, {p->star_scale, p->star_bias}};
        const Term wide{normal, p->widening}, narrow{hidden, p->narrowing};
        product(&wide, 1, rows, T * L, C * L, C / L, H / L, widened);
        Residual sum{x + start * C, p->scale, y + start * C, C, rows};
        product(&narrow, 1, rows, T * L, H * L, H / L, C / L, sum);
    }
}
