import NeuralNet

/// Cuts maps of two, three or more axes into windows of tokens, and puts them together again.
///
/// Maps are `[batch, side…, channel]`, windows `[batch, window, token, channel]`.
struct Windows: Sendable {
    /// Tokens along each axis of a window.
    let sides: [Int]

    var tokens: Int { sides.reduce(1, *) }

    /// The sides of a map after it was padded to whole windows.
    func whole(_ map: [Int]) -> [Int] { zip(map, sides).map { ($0 + $1 - 1) / $1 * $1 } }

    /// - Parameter x: a map whose sides are multiples of the window's.
    func cut(_ x: Tensor) throws(NetworkError) -> Tensor {
        let (axes, shape) = (sides.count, x.shape)
        let parts = (0..<axes).flatMap { [shape[$0 + 1] / sides[$0], sides[$0]] }
        let order = [0] + (0..<axes).map { 2 * $0 + 1 } + (0..<axes).map { 2 * $0 + 2 } + [2 * axes + 1]
        return try x.reshaped([shape[0]] + parts + [shape[axes + 1]]).permuted(order)
            .reshaped([shape[0], -1, tokens, shape[axes + 1]])
    }

    /// The inverse of ``cut(_:)`` for a map of these sides.
    func joined(_ windows: Tensor, to map: [Int]) throws(NetworkError) -> Tensor {
        let (axes, shape) = (sides.count, windows.shape)
        let counts = zip(map, sides).map { $0 / $1 }
        let order = [0] + (0..<axes).flatMap { [$0 + 1, $0 + 1 + axes] } + [2 * axes + 1]
        return try windows.reshaped([shape[0]] + counts + sides + [shape[3]]).permuted(order)
            .reshaped([shape[0]] + map + [shape[3]])
    }

    /// Rows of a table of relative positions, one for every difference of two places: `Π (2 side − 1)`.
    var relativePositions: Int { sides.reduce(1) { $0 * (2 * $1 - 1) } }

    /// For every pair of tokens the row of that table, the second token varying fastest.
    var relativeIndices: [Int] {
        let places = (0..<tokens).map(place)
        return places.flatMap { from in
            places.map { to in
                sides.indices.reduce(0) { $0 * (2 * sides[$1] - 1) + from[$1] - to[$1] + sides[$1] - 1 }
            }
        }
    }

    private func place(_ token: Int) -> [Int] {
        var rest = token
        return sides.reversed().map { side in
            defer { rest /= side }
            return rest % side
        }.reversed()
    }

    /// What is added to the scores of a map that was turned by `shift`: 0 between tokens that were neighbours before,
    /// -100 between those that the turning brought together.
    ///
    /// - Parameter map: sides that are multiples of the window's.
    /// - Returns: `[window, 1, token, token]`.
    func mask(_ map: [Int], shift: [Int]) throws(NetworkError) -> Tensor {
        var regions: [Float] = [0]
        for (axis, side) in map.enumerated() {
            let parts = (0..<side).map { place -> Float in
                (place >= side - sides[axis] ? 1 : 0) + (place >= side - shift[axis] ? 1 : 0)
            }
            regions = regions.flatMap { region in parts.map { 3 * region + $0 } }
        }
        let tokens = try cut(Tensor(regions, shape: [1] + map + [1])).reshaped([-1, 1, tokens])
        let apart = try tokens - tokens.permuted([0, 2, 1])
        return try apart.squared().clamped(to: 0...1).scaled(by: -100).reshaped([-1, 1, self.tokens, self.tokens])
    }
}
