import NeuralNet

/// A convolution without bias, instance norm and a leaky rectifier.
struct ConvolutionUnit: Layer {
    private let convolution: Convolution

    /// - Parameter weights: holds the convolution under `0`.
    init(_ weights: Weights, from input: Int, to output: Int) throws(NetworkError) {
        convolution = try Convolution(weights[0], from: input, to: output, kernel: 3, padding: 1, bias: false)
    }

    func callAsFunction(_ x: Tensor) throws(NetworkError) -> Tensor {
        try convolution(x).instanceNormalised().leakyReLU()
    }
}

/// Doubles a map's sides, joins a skip to it and convolves twice.
struct DecoderBlock: Sendable {
    private let first, second: ConvolutionUnit

    /// - Parameters:
    ///   - weights: holds `conv1` and `conv2`.
    ///   - skip: channels of what is joined; 0 for nothing.
    init(_ weights: Weights, from input: Int, to output: Int, skip: Int) throws(NetworkError) {
        first = try ConvolutionUnit(weights["conv1"], from: input + skip, to: output)
        second = try ConvolutionUnit(weights["conv2"], from: output, to: output)
    }

    func callAsFunction(_ x: Tensor, skip: Tensor?) throws(NetworkError) -> Tensor {
        let doubled = try x.doubled()
        guard let skip else { return try second(first(doubled)) }
        return try second(first(doubled.appending(skip, along: 1)))
    }
}

/// What TransMorph and its diffeomorphic form share: from the encoder's stages up to half the images' resolution.
struct RegistrationDecoder: Sendable {
    private let blocks: [DecoderBlock]
    /// Of the images at half resolution.
    private let coarse: ConvolutionUnit
    private let skipsStages, skipsConvolutions: Bool

    /// - Parameters:
    ///   - weights: holds `up0` … `up3` and `c1`.
    ///   - output: channels of the answer.
    init(_ weights: Weights, _ c: TransMorph.Configuration, output: Int) throws(NetworkError) {
        let sizes = [8, 4, 2, 1].map { $0 * c.embedding } + [output]
        blocks = try (0..<4).map { (n) throws(NetworkError) in
            let joins = n < 3 ? c.skipsStages : c.skipsConvolutions
            return try DecoderBlock(
                weights["up\(n)"], from: sizes[n], to: sizes[n + 1],
                skip: joins ? (n < 3 ? sizes[n + 1] : c.embedding / 2) : 0)
        }
        coarse = try ConvolutionUnit(weights["c1"], from: c.inputs, to: c.embedding / 2)
        (skipsStages, skipsConvolutions) = (c.skipsStages, c.skipsConvolutions)
    }

    /// - Parameters:
    ///   - images: `[batch, image, i, j, k]`.
    ///   - stages: of ``SwinEncoder``.
    /// - Returns: `[batch, output, i / 2, j / 2, k / 2]`.
    func callAsFunction(_ images: Tensor, _ stages: [Tensor]) throws(NetworkError) -> Tensor {
        var x = stages[3]
        for n in 0..<3 { x = try blocks[n](x, skip: skipsStages ? stages[2 - n] : nil) }
        let skip = skipsConvolutions ? try coarse(images.averagePooled(kernel: 3, stride: 2, padding: 1)) : nil
        return try blocks[3](x, skip: skip)
    }
}

/// The images as a registration network wants them: their number checked, their sides padded to multiples of 32.
struct RegistrationInput: Sendable {
    let padded: Tensor
    private let shape: [Int]

    /// - Throws: ``NetworkError/input(expected:found:)`` if there is another number of images.
    init(_ x: Tensor, inputs: Int, type: ElementType) throws(NetworkError) {
        shape = x.shape
        guard shape.count == 5, shape[1] == inputs, shape.allSatisfy({ $0 > 0 }) else {
            throw .input(expected: "[batch, \(inputs), i, j, k]", found: shape)
        }
        let margins = shape.suffix(3).map { (before: 0, after: (32 - $0 % 32) % 32) }
        let x = try x.converted(to: type)
        padded = try margins.allSatisfy { $0.after == 0 } ? x : x.padded(margins)
    }

    /// What belongs to the voxels of the given images.
    func cropped(_ map: Tensor) throws(NetworkError) -> Tensor {
        var map = map
        for axis in 2...4 where map.shape[axis] != shape[axis] {
            map = try map.narrowed(axis, from: 0, length: shape[axis])
        }
        return map
    }
}
