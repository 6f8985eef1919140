// The engine's one thread, its settings, and what devices there are.
#include "internal.hpp"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <condition_variable>
#include <deque>
#include <dlfcn.h>
#include <mutex>
#include <thread>
#include <torch/headeronly/version.h>

static thread_local std::string last_error;
static thread_local bool is_engine = false;

const char *engine_error(void) { return last_error.c_str(); }
void set_error(std::string message) { last_error = std::move(message); }

namespace {
class Worker {
    struct Job {
        const std::function<void()> *body;
        bool done = false;
    };
    std::mutex mutex;
    std::condition_variable arrived, finished;
    std::deque<Job *> jobs;

    void work() {
        is_engine = true;
        c10::GradMode::set_enabled(false);
        // torch_cuda must be loaded before anything asks for CUDA: the answer is cached.
        dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL);
        std::unique_lock lock(mutex);
        for (;;) {
            arrived.wait(lock, [&] { return !jobs.empty(); });
            Job *job = jobs.front();
            jobs.pop_front();
            lock.unlock();
            (*job->body)();
            lock.lock();
            job->done = true;
            finished.notify_all();
        }
    }

public:
    Worker() { std::thread([this] { work(); }).detach(); }

    void perform(const std::function<void()> &body) {
        Job job{&body};
        std::unique_lock lock(mutex);
        jobs.push_back(&job);
        arrived.notify_one();
        finished.wait(lock, [&] { return job.done; });
    }
};
}  // namespace

void on_engine(const std::function<void()> &body) {
    // Never destroyed: tensors of static lifetime may outlive everything else.
    static Worker *worker = new Worker();
    if (is_engine) body();
    else worker->perform(body);
}

int engine_is_here(void) { return is_engine; }

void engine_perform(void (*body)(void *), void *context) {
    on_engine([&] { body(context); });
}

int engine_set_gradients(int on) {
    int was = 0;
    on_engine([&] {
        was = c10::GradMode::is_enabled();
        c10::GradMode::set_enabled(on != 0);
    });
    return was;
}

int engine_threads(void) {
    int threads = 1;
    on_engine([&] { threads = at::get_num_threads(); });
    return threads;
}

int engine_set_threads(int threads) {
    return guarded([&] { at::set_num_threads(threads); }) ? 0 : -1;
}

int engine_cuda_devices(void) {
    int devices = 0;
    guarded([&] {
        if (at::globalContext().hasCUDA())
            devices = at::globalContext().getAcceleratorHooksInterface(at::kCUDA).deviceCount();
    });
    return devices;
}

const char *engine_version(void) { return TORCH_VERSION; }
