#pragma once
#include <stddef.h>
#include <stdint.h>

// The table of contents of a zip archive that torch.save wrote. Nothing is inflated and nothing is copied: records are
// places in the caller's bytes.

#ifdef __cplusplus
extern "C" {
#endif

typedef struct Archive Archive;

/// Reads the table of contents of the archive that fills `bytes`; they are not needed after the call.
/// Returns null and writes a sentence of at most `capacity - 1` bytes to `error` if this is no archive of torch.save, or
/// if a record is compressed, encrypted or lies outside the file.
Archive *_Nullable archive_open(const void *_Nonnull bytes, size_t size, char *_Nonnull error, size_t capacity);
void archive_close(Archive *_Nonnull archive);

/// Records, counted from 0. Names are relative to the archive's one folder and end in a zero byte.
size_t archive_count(const Archive *_Nonnull archive);
const char *_Nonnull archive_name(const Archive *_Nonnull archive, size_t record);
uint64_t archive_offset(const Archive *_Nonnull archive, size_t record);
uint64_t archive_size(const Archive *_Nonnull archive, size_t record);

#ifdef __cplusplus
}
#endif
