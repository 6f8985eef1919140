public import NeuralNet

extension SliceModel {
    /// How it is found out what an answer hangs on.
    public enum Reason: String, Sendable, CaseIterable {
        /// Parts are hidden.
        case occlusion
        /// Features of the last map, weighed by their gradients.
        case gradients = "grad-cam"
        /// Attention followed back from the class token, whatever it told.
        case rollout
    }

    /// Whether the network has what this way needs.
    public func canExplain(by reason: Reason) -> Bool {
        switch reason {
        case .occlusion: true
        case .gradients: networks.allSatisfy { $0 is any MappedNetwork }
        case .rollout: networks.allSatisfy { $0 is any AttentiveNetwork }
        }
    }

    /// What an answer hangs on, one number a pixel, views one after the other; above zero where a pixel speaks for the told class,
    /// or moves the age.
    ///
    /// - Parameters:
    ///   - item: numbers that ``SliceInput`` made.
    ///   - isAge: whether the age is explained, where a network tells both.
    /// - Throws: ``NetworkError/configuration(_:)`` where the network has no class token to follow back.
    public func map(
        _ item: [Float], by reason: Reason, ofAge isAge: Bool = false
    ) throws(NetworkError) -> [Float] {
        let isAge = isAge && settings.age != nil || settings.classes.isEmpty
        guard reason != .occlusion else { return try occlusion(item, ofAge: isAge) }
        let (side, views) = (settings.contract.side, settings.contract.views.count)
        let x = try Tensor(item, shape: [1, views, side, side])
        let told = isAge ? settings.classes.count : try told(item)
        var sum = [Float](repeating: 0, count: item.count)
        for network in networks {
            let (grid, values): ([Int], [Float])
            switch reason {
            case .gradients:
                guard let network = network as? any MappedNetwork else {
                    throw .configuration("Grad-CAM needs a network's last map, which this one does not hand out")
                }
                let evidence = try network.evidence(x, for: told)
                (grid, values) = (network.mapGrid(of: x.shape), evidence.map { isAge ? abs($0) : max(0, $0) })
            case .rollout, .occlusion:
                guard let network = network as? any AttentiveNetwork else {
                    throw .configuration("attention rollout needs a class token, which this network has not")
                }
                (grid, values) = (network.mapGrid(of: x.shape), try network.rollout(x).floats())
            }
            for (n, value) in Self.spread(values, grid, views: views, side: side).enumerated() {
                sum[n] += value / Float(networks.count)
            }
        }
        return sum
    }

    /// The most probable class.
    private func told(_ item: [Float]) throws(NetworkError) -> Int {
        let shares = try answers([item])[0].probabilities
        return shares.indices.max { shares[$0] < shares[$1] } ?? 0
    }

    /// A coarse map brought to the pixels, linearly between the middles of its places; a map of one view is given to all.
    static func spread(_ values: [Float], _ grid: [Int], views: Int, side: Int) -> [Float] {
        let (rows, columns) = (grid[1], grid[2])
        func places(_ count: Int) -> [(lower: Int, upper: Int, share: Float)] {
            (0..<side).map { pixel in
                let place = (Float(pixel) + 0.5) * Float(count) / Float(side) - 0.5
                let lower = min(max(0, Int(place.rounded(.down))), count - 1)
                return (lower, min(lower + 1, count - 1), min(max(0, place - Float(lower)), 1))
            }
        }
        let (down, across) = (places(rows), places(columns))
        var pixels: [Float] = []
        pixels.reserveCapacity(views * side * side)
        for view in 0..<views {
            let start = (grid[0] == views ? view : 0) * rows * columns
            for y in down {
                for x in across {
                    func value(_ row: Int, _ column: Int) -> Float { values[start + row * columns + column] }
                    let upper = value(y.lower, x.lower) * (1 - x.share) + value(y.lower, x.upper) * x.share
                    let lower = value(y.upper, x.lower) * (1 - x.share) + value(y.upper, x.upper) * x.share
                    pixels.append(upper * (1 - y.share) + lower * y.share)
                }
            }
        }
        return pixels
    }
}

extension SliceModel {
    /// Pixels along each side of the part that is hidden, and from one to the next, as shares of the side.
    private static let (hidden, step) = (8, 16)

    /// What the answer hangs on: how much the probability of the told class falls, or the age moves, where a part of a view is hidden by
    /// the picture's mean, summed over the parts that cover a pixel.
    ///
    /// Zeiler & Fergus, *Visualizing and Understanding Convolutional Networks*, ECCV 2014, section 4.2.
    ///
    /// - Parameter item: numbers that ``SliceInput`` made.
    /// - Returns: one number a pixel, views one after the other.
    func occlusion(_ item: [Float], ofAge isAge: Bool = false) throws(NetworkError) -> [Float] {
        let side = settings.contract.side, views = settings.contract.views.count
        let (length, stride) = (side / Self.hidden, side / Self.step)
        let whole = try answers([item])[0]
        let told =
            isAge ? nil : whole.probabilities.indices.max { whole.probabilities[$0] < whole.probabilities[$1] }
        var corners: [(view: Int, row: Int, column: Int)] = []
        for view in 0..<views {
            for row in Swift.stride(from: 0, through: side - length, by: stride) {
                for column in Swift.stride(from: 0, through: side - length, by: stride) {
                    corners.append((view, row, column))
                }
            }
        }
        var map = [Float](repeating: 0, count: item.count)
        for start in Swift.stride(from: 0, to: corners.count, by: 64) {
            let part = corners[start..<min(start + 64, corners.count)]
            let parts = part.map { corner in pixels(corner, length).reduce(into: item) { $0[$1] = 0 } }
            for (corner, answer) in zip(part, try answers(parts)) {
                let change =
                    told.map { whole.probabilities[$0] - answer.probabilities[$0] }
                    ?? abs((whole.age?.years ?? 0) - (answer.age?.years ?? 0))
                for pixel in pixels(corner, length) { map[pixel] += Float(change) }
            }
        }
        return map
    }

    private func pixels(_ corner: (view: Int, row: Int, column: Int), _ length: Int) -> [Int] {
        let side = settings.contract.side
        return (0..<length * length).map { place in
            corner.view * side * side + (corner.row + place / length) * side + corner.column + place % length
        }
    }
}
