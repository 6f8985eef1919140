#include "pictures.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <png.h>

typedef struct Source {
    const unsigned char *bytes;
    size_t size, place;
    PictureHead *head;
} Source;

static void take(png_structp png, png_bytep target, size_t count) {
    Source *source = png_get_io_ptr(png);
    if (count > source->size - source->place) png_error(png, "the file ends early");
    memcpy(target, source->bytes + source->place, count);
    source->place += count;
}

static void leave(png_structp png, png_const_charp message) {
    PictureHead *head = png_get_error_ptr(png);
    snprintf(head->message, sizeof head->message, "%s", message);
    png_longjmp(png, 1);
}

static void note(png_structp png, png_const_charp message) {
    (void)message;
    PictureHead *head = png_get_error_ptr(png);
    head->notes += 1;
}

/// Reads the head and asks for grey or colour in 8 or 16 bits; may leave by longjmp.
static void open_picture(png_structp png, png_infop info, PictureHead *head) {
    // Texts and profiles are never wanted: what they unpack to is bounded, and so is their number.
    png_set_chunk_malloc_max(png, 1 << 20);
    png_set_chunk_cache_max(png, 64);
    png_set_user_limits(png, 1000000, 1000000);
    png_read_info(png, info);
    const png_byte kind = png_get_color_type(png, info);
    head->has_alpha = (kind & PNG_COLOR_MASK_ALPHA) != 0 || png_get_valid(png, info, PNG_INFO_tRNS) != 0;
    png_set_expand(png);  // palettes to colours, less than 8 bits to 8
    png_set_strip_alpha(png);
    const unsigned short one = 1;
    if (png_get_bit_depth(png, info) == 16 && *(const unsigned char *)&one == 1) png_set_swap(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    head->width = png_get_image_width(png, info);
    head->height = png_get_image_height(png, info);
    head->channels = png_get_channels(png, info);
    head->bits = png_get_bit_depth(png, info);
}

static int read_picture(Source *source, PictureHead *head, unsigned char *pixels, size_t capacity) {
    png_infop info = NULL;
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, head, leave, note);
    if (png) info = png_create_info_struct(png);
    if (!info) {
        snprintf(head->message, sizeof head->message, "no memory for libpng");
        png_destroy_read_struct(&png, NULL, NULL);
        return picture_damaged;
    }
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_read_struct(&png, &info, NULL);
        return picture_damaged;
    }
    png_set_read_fn(png, source, take);
    open_picture(png, info, head);
    if (pixels) {
        const size_t row = png_get_rowbytes(png, info);
        if (row == 0 || capacity / row < head->height) png_error(png, "the picture is larger than its head says");
        const int passes = png_get_interlace_type(png, info) == PNG_INTERLACE_NONE ? 1 : PNG_INTERLACE_ADAM7_PASSES;
        for (int pass = 0; pass < passes; ++pass)
            for (png_uint_32 y = 0; y < head->height; ++y) png_read_row(png, pixels + row * y, NULL);
        png_read_end(png, NULL);
    }
    png_destroy_read_struct(&png, &info, NULL);
    return picture_done;
}

int png_head(const void *bytes, size_t size, PictureHead *head) {
    memset(head, 0, sizeof *head);
    Source source = {bytes, size, 0, head};
    return read_picture(&source, head, NULL, 0);
}

int png_pixels(const void *bytes, size_t size, PictureHead *head, void *pixels, size_t capacity) {
    Source source = {bytes, size, 0, head};
    head->notes = 0;
    return read_picture(&source, head, pixels, capacity);
}
