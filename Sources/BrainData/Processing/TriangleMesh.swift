/// A closed surface of triangles in world millimetres.
struct TriangleMesh {
    var vertices: [SIMD3<Double>]
    let triangles: [SIMD3<Int>]
    /// The vertices that share an edge with each vertex, one list after the other, and where each list begins.
    let neighbours, beginnings: [Int]

    /// A sphere: an icosahedron whose faces are split into four `subdivisions` times, pushed out to the radius.
    init(centre: SIMD3<Double>, radius: Double, subdivisions: Int) {
        var (vertices, triangles) = TriangleMesh.icosahedron
        for _ in 0..<subdivisions {
            var middles: [SIMD2<Int>: Int] = [:]
            func middle(_ a: Int, _ b: Int) -> Int {
                let edge = SIMD2(min(a, b), max(a, b))
                if let known = middles[edge] { return known }
                vertices.append(vertices[a] + vertices[b])
                vertices[vertices.count - 1] /= length(vertices[vertices.count - 1])
                middles[edge] = vertices.count - 1
                return vertices.count - 1
            }
            triangles = triangles.flatMap { face in
                let (a, b, c) = (middle(face.x, face.y), middle(face.y, face.z), middle(face.z, face.x))
                return [SIMD3(face.x, a, c), SIMD3(face.y, b, a), SIMD3(face.z, c, b), SIMD3(a, b, c)]
            }
        }
        var around = [Set<Int>](repeating: [], count: vertices.count)
        for face in triangles {
            around[face.x].formUnion([face.y, face.z])
            around[face.y].formUnion([face.x, face.z])
            around[face.z].formUnion([face.x, face.y])
        }
        self.vertices = vertices.map { centre + $0 * radius }
        self.triangles = triangles
        neighbours = around.flatMap { $0.sorted() }
        beginnings = around.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    }

    /// Twelve corners on the unit sphere, twenty faces, counter-clockwise seen from outside.
    private static var icosahedron: ([SIMD3<Double>], [SIMD3<Int>]) {
        let golden = (1 + 5.0.squareRoot()) / 2
        let corners: [SIMD3<Double>] = [
            [-1, golden, 0], [1, golden, 0], [-1, -golden, 0], [1, -golden, 0], [0, -1, golden], [0, 1, golden],
            [0, -1, -golden], [0, 1, -golden], [golden, 0, -1], [golden, 0, 1], [-golden, 0, -1], [-golden, 0, 1],
        ]
        let faces: [SIMD3<Int>] = [
            [0, 11, 5], [0, 5, 1], [0, 1, 7], [0, 7, 10], [0, 10, 11], [1, 5, 9], [5, 11, 4], [11, 10, 2], [10, 7, 6],
            [7, 1, 8], [3, 9, 4], [3, 4, 2], [3, 2, 6], [3, 6, 8], [3, 8, 9], [4, 9, 5], [2, 4, 11], [6, 2, 10],
            [8, 6, 7], [9, 8, 1],
        ]
        return (corners.map { $0 / length($0) }, faces)
    }

    /// The outward unit normal of each vertex: the mean of its faces', weighted by their areas.
    var normals: [SIMD3<Double>] {
        var normals = [SIMD3<Double>](repeating: .zero, count: vertices.count)
        for face in triangles {
            let normal = cross(vertices[face.y] - vertices[face.x], vertices[face.z] - vertices[face.x])
            for vertex in [face.x, face.y, face.z] { normals[vertex] += normal }
        }
        return normals.map { $0 / max(length($0), 1e-12) }
    }

    /// The voxels whose centres the surface encloses: each row of voxels is inside between its odd and even crossings.
    func mask(on grid: Grid) -> Mask {
        let empty = Mask(grid: grid, voxels: .init(repeating: false, count: grid.count))
        guard let back = grid.affine.inverse else { return empty }
        // A hair's breadth aside, so that no row runs through an edge shared by two triangles.
        let points = vertices.map { back($0) + SIMD3(0, 1.7e-6, 2.3e-6) }
        var crossings = [[Double]](repeating: [], count: grid.size.y * grid.size.z)
        for face in triangles {
            let (a, b, c) = (points[face.x], points[face.y], points[face.z])
            let area = (b.y - a.y) * (c.z - a.z) - (c.y - a.y) * (b.z - a.z)
            guard abs(area) > 1e-12 else { continue }
            for k in rows(a.z, b.z, c.z, below: grid.size.z) {
                for j in rows(a.y, b.y, c.y, below: grid.size.y) {
                    let (y, z) = (Double(j), Double(k))
                    let u = ((y - a.y) * (c.z - a.z) - (c.y - a.y) * (z - a.z)) / area
                    let v = ((b.y - a.y) * (z - a.z) - (y - a.y) * (b.z - a.z)) / area
                    guard u >= 0, v >= 0, u + v <= 1 else { continue }
                    crossings[j + grid.size.y * k].append(a.x + u * (b.x - a.x) + v * (c.x - a.x))
                }
            }
        }
        return filled(empty, between: crossings)
    }

    private func rows(_ a: Double, _ b: Double, _ c: Double, below count: Int) -> Range<Int> {
        let (low, high) = (max(min(a, b, c), 0), min(max(a, b, c), Double(count - 1)))
        return low <= high ? Int(low.rounded(.up))..<max(Int(low.rounded(.up)), Int(high.rounded(.down)) + 1) : 0..<0
    }

    private func filled(_ mask: Mask, between crossings: [[Double]]) -> Mask {
        var mask = mask
        let width = mask.grid.size.x
        for (row, places) in crossings.enumerated() where places.count >= 2 {
            let places = places.sorted()
            for pair in stride(from: 0, to: places.count - 1, by: 2) {
                let first = max(places[pair], 0).rounded(.up)
                let last = min(places[pair + 1], Double(width - 1)).rounded(.down)
                guard first <= last else { continue }
                for i in Int(first)...Int(last) { mask.voxels[row * width + i] = true }
            }
        }
        return mask
    }
}
