/// Which part of a network learns when it starts from trained weights.
public struct Adaptation: Sendable, Equatable {
    /// Modules, by the first part of their names, that are trained as they stand; nil for all.
    public var modules: Set<String>?
    /// The rank of factors that are trained beside every other linear map, `W + B A`: Hu et al., *LoRA: Low-Rank Adaptation of
    /// Large Language Models*, ICLR 2022, [arXiv:2106.09685](https://arxiv.org/abs/2106.09685), section 4.1, with α equal to the rank;
    /// nil for none.
    public var rank: Int?
    /// What the factors are drawn from.
    public var seed: UInt64

    /// - Precondition: the rank is above zero.
    public init(modules: Set<String>? = nil, rank: Int? = nil, seed: UInt64 = 0) {
        precondition(rank ?? 1 > 0, "factors of rank 0")
        (self.modules, self.rank, self.seed) = (modules, rank, seed)
    }

    /// Everything learns.
    public static let all = Adaptation()

    func trains(_ name: String) -> Bool { modules?.contains(Self.module(of: name)) ?? true }

    /// The first part of a name.
    static func module(of name: String) -> String { String(name.prefix { $0 != "." }) }
}

/// Two narrow matrices whose product is added to a wide one.
struct LowRankFactors: Sendable {
    /// What follows the matrix's name.
    static let down = ".lora_A", up = ".lora_B"

    static func names(_ name: String) -> Bool { name.hasSuffix(down) || name.hasSuffix(up) }

    /// `[rank, input]` and `[output, rank]`; the second starts from zeros, so that nothing changes at first.
    let downwards, upwards: Tensor

    /// - Parameter x: `[…, input]`.
    /// - Returns: `[…, output]`.
    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor { try x.linear(downwards).linear(upwards) }
}
