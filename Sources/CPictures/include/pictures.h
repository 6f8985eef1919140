// JPEG and PNG pictures out of memory. Both libraries leave by longjmp on a damaged file; it is caught here, so that every
// fault is a return value and nothing exits or writes to the terminal.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What the head of a picture says.
typedef struct PictureHead {
    uint32_t width, height;
    uint32_t channels;  // of the pixels that are handed out: 1 grey, 3 red, green and blue
    uint32_t bits;      // of one value that is handed out: 8 or 16
    int has_alpha;      // the file says how opaque pixels are; that is not handed out
    int notes;          // faults that do not touch the pixels, such as bytes between two segments
    char message[256];  // why a call failed
} PictureHead;

enum { picture_done, picture_damaged, picture_unsupported };

/// Reads the head alone; takes no memory for pixels.
int jpeg_head(const void *_Nonnull bytes, size_t size, PictureHead *_Nonnull head);
int png_head(const void *_Nonnull bytes, size_t size, PictureHead *_Nonnull head);

/// Decodes into `pixels`, rows from the top, channels side by side, 16 bits in the machine's own order. `head` is what the
/// call above gave, and `capacity` is width · height · channels · bits / 8 bytes of it.
int jpeg_pixels(const void *_Nonnull bytes, size_t size, PictureHead *_Nonnull head, void *_Nonnull pixels, size_t capacity);
int png_pixels(const void *_Nonnull bytes, size_t size, PictureHead *_Nonnull head, void *_Nonnull pixels, size_t capacity);

#ifdef __cplusplus
}
#endif
