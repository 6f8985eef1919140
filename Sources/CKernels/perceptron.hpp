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

template <class N>
OUTLINE void perceptron_of(const KernelPerceptron *p, const float *x, float *y, int64_t first, int64_t last) {
    constexpr int64_t T = 48;
    const int64_t C = p->channels, H = p->hidden;
    auto *normal = reinterpret_cast<typename N::Element *>(scratch((C + H) * T)), *hidden = normal + C * T;
    const auto *widening = static_cast<const typename N::Element *>(p->widening);
    const auto *narrowing = static_cast<const typename N::Element *>(p->narrowing);
    for (int64_t start = first; start < last; start += T) {
        const int64_t rows = last - start < T ? last - start : T;
        normalised_blocks<N>(x + start * C, rows, C, p->norm, p->epsilon, normal, T * L);
        Blocked<N, Star> widened{hidden, T * L, {p->star_scale, p->star_bias}};
        const Term<N> wide{normal, widening}, narrow{hidden, narrowing};
        product(&wide, 1, rows, T * L, C * L, C / L, H / L, widened);
        Residual sum{x + start * C, p->scale, y + start * C, C, rows};
        product(&narrow, 1, rows, T * L, H * L, H / L, C / L, sum);
    }
}

OUTLINE void perceptron(const KernelPerceptron *p, const float *x, float *y, int64_t first, int64_t last) {
    p->bfloat16 ? perceptron_of<Brain>(p, x, y, first, last) : perceptron_of<Single>(p, x, y, first, last);
}
