/// Two brains on one grid, ready for a registration network. Voxels are in the order of volumes, i varying fastest.
struct RegistrationPair: Sendable {
    let name: String
    /// Voxels along i, j and k.
    let size: [Int]
    /// The moving image and then the fixed one, from 0 to 1 and 0 outside the brain.
    let images: [Float]
    /// The structure of each voxel by its channel in the loss, counted from 1; 0 for none.
    let moving, fixed: [UInt8]
    /// Channels of the loss.
    let structures: Int
    /// Where voxels of half the resolution lie in a frame that both brains share, in those voxels along i, j and k; nil where
    /// nobody knows.
    let places: (moving: [Float], fixed: [Float])?

    /// The share of each structure in every cell of 2×2×2 voxels: structure after structure, i varying fastest.
    func shares(of labels: [UInt8]) -> [Float] {
        let (nx, ny, nz) = (size[0], size[1], size[2])
        let half = (x: nx / 2, y: ny / 2, z: nz / 2)
        let count = half.x * half.y * half.z
        var shares = [Float](repeating: 0, count: structures * count)
        shares.withUnsafeMutableBufferPointer { shares in
            labels.withUnsafeBufferPointer { labels in
                for k in 0..<2 * half.z {
                    for j in 0..<2 * half.y {
                        let row = nx * (j + ny * k), cell = half.x * (j / 2 + half.y * (k / 2))
                        for i in 0..<2 * half.x {
                            let label = Int(labels[row + i])
                            guard label > 0, label <= structures else { continue }
                            shares[(label - 1) * count + cell + i / 2] += 0.125
                        }
                    }
                }
            }
        }
        return shares
    }
}
