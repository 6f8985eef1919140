#include "pictures.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
// After jpeglib.h, which it needs.
#include <jerror.h>

// A picture of a few kilobytes can ask for thousands of passes over all its pixels.
enum { most_scans = 200 };

typedef struct Reading {
    struct jpeg_error_mgr errors;  // first: libjpeg hands out a pointer to it
    struct jpeg_progress_mgr progress;
    jmp_buf exit;
    PictureHead *head;
    int status;
} Reading;

static void leave(j_common_ptr state) {
    Reading *reading = (Reading *)state->err;
    const int code = state->err->msg_code;
    if (code == JERR_SOF_UNSUPPORTED || code == JERR_BAD_PRECISION || code == JERR_CONVERSION_NOTIMPL ||
        code == JERR_ARITH_NOTIMPL || code == JERR_NOT_COMPILED)
        reading->status = picture_unsupported;
    char message[JMSG_LENGTH_MAX];
    state->err->format_message(state, message);
    snprintf(reading->head->message, sizeof reading->head->message, "%s", message);
    longjmp(reading->exit, 1);
}

// libjpeg goes on after damage and invents pixels; a scan is no place for that.
static void judge(j_common_ptr state, int level) {
    if (level >= 0) return;
    switch (state->err->msg_code) {
        case JWRN_EXTRANEOUS_DATA:
        case JWRN_JFIF_MAJOR:
        case JWRN_ADOBE_XFORM: ((Reading *)state->err)->head->notes += 1; return;
        default: leave(state);
    }
}

static void stay_silent(j_common_ptr state) { (void)state; }

static void count_scans(j_common_ptr state) {
    if (!state->is_decompressor || ((j_decompress_ptr)state)->input_scan_number <= most_scans) return;
    Reading *reading = (Reading *)state->err;
    snprintf(reading->head->message, sizeof reading->head->message, "more than %d scans", most_scans);
    longjmp(reading->exit, 1);
}

static void start(struct jpeg_decompress_struct *state, Reading *reading, PictureHead *head) {
    memset(state, 0, sizeof *state);
    memset(reading, 0, sizeof *reading);
    state->err = jpeg_std_error(&reading->errors);
    reading->errors.error_exit = leave;
    reading->errors.emit_message = judge;
    reading->errors.output_message = stay_silent;
    reading->progress.progress_monitor = count_scans;
    reading->head = head;
    reading->status = picture_damaged;
}

/// Opens the file and settles what comes out; may leave by longjmp.
static int open_picture(struct jpeg_decompress_struct *state, Reading *reading, const void *bytes, size_t size) {
    jpeg_create_decompress(state);
    state->progress = &reading->progress;
    jpeg_mem_src(state, (unsigned char *)bytes, size);
    jpeg_read_header(state, TRUE);
    switch (state->jpeg_color_space) {
        case JCS_GRAYSCALE: state->out_color_space = JCS_GRAYSCALE; return 1;
        case JCS_RGB:
        case JCS_YCbCr: state->out_color_space = JCS_RGB; return 1;
        default:
            snprintf(reading->head->message, sizeof reading->head->message,
                     "a JPEG of %d inks, neither grey nor red, green and blue", state->num_components);
            reading->status = picture_unsupported;
            return 0;
    }
}

int jpeg_head(const void *bytes, size_t size, PictureHead *head) {
    struct jpeg_decompress_struct state;
    Reading reading;
    memset(head, 0, sizeof *head);
    start(&state, &reading, head);
    if (setjmp(reading.exit)) {
        jpeg_destroy_decompress(&state);
        return reading.status;
    }
    const int opened = open_picture(&state, &reading, bytes, size);
    if (opened) {
        head->width = state.image_width;
        head->height = state.image_height;
        head->channels = state.out_color_space == JCS_GRAYSCALE ? 1 : 3;
        head->bits = 8;
    }
    jpeg_destroy_decompress(&state);
    return opened ? picture_done : reading.status;
}

int jpeg_pixels(const void *bytes, size_t size, PictureHead *head, void *pixels, size_t capacity) {
    struct jpeg_decompress_struct state;
    Reading reading;
    head->notes = 0;
    start(&state, &reading, head);
    if (setjmp(reading.exit)) {
        jpeg_destroy_decompress(&state);
        return reading.status;
    }
    if (!open_picture(&state, &reading, bytes, size)) {
        jpeg_destroy_decompress(&state);
        return reading.status;
    }
    jpeg_start_decompress(&state);
    const size_t row = (size_t)state.output_width * (size_t)state.output_components;
    if (capacity / row < state.output_height) {
        snprintf(head->message, sizeof head->message, "the picture is larger than its head says");
        jpeg_destroy_decompress(&state);
        return picture_damaged;
    }
    while (state.output_scanline < state.output_height) {
        JSAMPROW line = (JSAMPROW)pixels + row * state.output_scanline;
        jpeg_read_scanlines(&state, &line, 1);
    }
    jpeg_finish_decompress(&state);
    jpeg_destroy_decompress(&state);
    return picture_done;
}
