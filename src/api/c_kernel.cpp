// skep.h: kernels, and what the application registers with them. Tested by tests/api/c_test.cpp.
#include <algorithm>
#include <vector>

#include "api/c_handles.hpp"
#include "api/c_modules.hpp"

namespace skep {
namespace {

std::vector<std::string_view> strings(const char* const* list) {
  std::vector<std::string_view> all;
  for (; list != nullptr && *list != nullptr; ++list) all.emplace_back(*list);
  return all;
}

HostMemoryRange range_of(const skep_memory_range& range) {
  return {range.begin, range.size, range.writable};
}

std::uint64_t call_c(const HostCall& call) {
  const auto& kfunc = *static_cast<const skep_kfunc*>(call.user);
  // A handle that holds nothing: the call does not outlive the Kernel.
  skep_kernel kernel{std::shared_ptr<Kernel>(std::shared_ptr<void>(), &call.kernel)};
  skep_call given{};
  std::ranges::copy(call.args, given.args);
  std::ranges::copy(call.sizes, given.sizes);
  given.user = kfunc.user;
  given.kernel = &kernel;
  return kfunc.function(&given);
}

}  // namespace

namespace c {

std::string& error_of_this_thread() {
  thread_local std::string words;
  return words;
}

}  // namespace c

HostModule host_module(const skep_module& module) {
  const skep_module given = c::known_part(&module);
  HostModule made;
  made.name = given.name != nullptr ? given.name : "";
  made.types = strings(given.types);
  for (std::size_t i = 0; given.kfuncs != nullptr && i < given.kfunc_count; ++i) {
    const skep_kfunc& kfunc = given.kfuncs[i];
    made.kfuncs.push_back({kfunc.prototype != nullptr ? kfunc.prototype : "", kfunc.flags, kfunc.program_types,
                           kfunc.function != nullptr ? call_c : nullptr, const_cast<skep_kfunc*>(&kfunc)});
  }
  made.functions = strings(given.functions);
  made.modifiable = strings(given.modifiable);
  made.sleepable = strings(given.sleepable);
  made.tracepoints = strings(given.tracepoints);
  made.struct_ops = strings(given.struct_ops);
  made.per_cpu = strings(given.per_cpu);
  for (std::size_t i = 0; i < given.memory_count; ++i) made.memory.push_back(range_of(given.memory[i]));
  return made;
}

}  // namespace skep

using skep::c::answer;
using skep::c::fail;
using skep::c::protect;

const char* skep_version(void) {
  return SKEP_VERSION;
}
const char* skep_error(void) {
  return skep::c::error_of_this_thread().c_str();
}

int skep_kernel_open(const skep_kernel_options* options, skep_kernel** kernel) {
  return protect([&] {
    const skep_kernel_options given = skep::c::known_part(options);
    skep::KernelOptions wanted;
    if (given.cpus != 0) wanted.cpus = given.cpus;
    if (given.btf_path != nullptr) wanted.btf_path = given.btf_path;
    wanted.host_btf = !given.no_host_btf;
    wanted.pumped = given.pumped;
    if (given.stepping) wanted.stepping_seed = given.stepping_seed;
    wanted.run_limits = {given.run_instructions, given.run_time_ns};
    wanted.memory_limit = given.memory_limit;
    if (given.open_host_memory) wanted.host_memory = skep::HostMemory::open;
    if (given.standing_clock) wanted.clock_ns = given.clock_ns;
    if (given.realtime_ns != 0) wanted.realtime_ns = given.realtime_ns;
    if (given.seeded) wanted.random_seed = given.random_seed;
    switch (given.engine) {
      case SKEP_ENGINE_INTERPRETER:
        break;
      case SKEP_ENGINE_COMPILED:
        wanted.engine = skep::Engine::compiled;
        break;
      case SKEP_ENGINE_AUTOMATIC:
        wanted.engine = skep::Engine::automatic;
        break;
      default:
        return fail(EINVAL, "there is no such engine: see enum skep_engine");
    }
    if (given.close_limit_ns != 0) wanted.close_limit_ns = given.close_limit_ns;
    wanted.run_pending_at_close = given.run_pending_at_close;
    // Modules of another version are of another size: each says its own.
    const auto* bytes = reinterpret_cast<const char*>(given.modules);
    for (std::size_t i = 0; i < given.module_count; ++i) {
      const auto& module = *reinterpret_cast<const skep_module*>(bytes);
      wanted.modules.push_back(skep::host_module(module));
      bytes += module.size;
    }
    return skep::c::hand_out(kernel, skep::make_kernel(wanted));
  });
}
void skep_kernel_close(skep_kernel* kernel) {
  skep::c::take_back(kernel);
}

int skep_kernel_bpf(skep_kernel* kernel, int command, void* attr, unsigned size) {
  return protect([&] {
    const int result = kernel->kernel->bpf(command, attr, size);
    return result < 0 ? fail(-result, std::string(std::strerror(-result)) + ": " + skep::Kernel::refusal()) : result;
  });
}
int skep_kernel_close_fd(skep_kernel* kernel, int fd) {
  return protect([&] {
    const int result = kernel->kernel->close(fd);
    return result < 0 ? fail(-result, "the Kernel has no such descriptor") : 0;
  });
}

int skep_kernel_drain(skep_kernel* kernel, uint64_t limit_ns) {
  return protect([&] { return kernel->kernel->drain(limit_ns) ? 1 : 0; });
}
int skep_kernel_settle(skep_kernel* kernel, uint64_t limit_ns) {
  return protect([&] { return kernel->kernel->settle(limit_ns) ? 1 : 0; });
}
void skep_kernel_memory(skep_kernel* kernel, uint64_t* used, uint64_t* peak, uint64_t* refused) {
  const skep::MemoryStatistics memory = kernel->kernel->memory();
  if (used != nullptr) *used = memory.used;
  if (peak != nullptr) *peak = memory.peak;
  if (refused != nullptr) *refused = memory.refused;
}
int skep_kernel_open_memory(skep_kernel* kernel, const skep_memory_range* range) {
  return protect([&] {
    return kernel->kernel->open_host_memory(skep::range_of(*range))
               ? 0
               : fail(EINVAL, "the range is empty, or overlaps one that is open");
  });
}
int skep_kernel_close_memory(skep_kernel* kernel, const void* begin) {
  return protect([&] {
    return kernel->kernel->close_host_memory(begin) ? 0 : fail(ENOENT, "no range that is open begins there");
  });
}
void skep_kernel_denied(skep_kernel* kernel, uint64_t* reads, uint64_t* writes,
                        void (*listener)(void* user, const char* message, uint64_t times), void* user) {
  protect([&] {
    const skep::DeniedAccesses denied = kernel->kernel->denied();
    if (reads != nullptr) *reads = denied.reads;
    if (writes != nullptr) *writes = denied.writes;
    if (listener == nullptr) return 0;
    for (const skep::DeniedAccess& one : denied.places) listener(user, one.message.c_str(), one.times);
    return 0;
  });
}
void skep_kernel_stop_runs(skep_kernel* kernel) {
  kernel->kernel->stop_runs();
}
void skep_kernel_on_run_stopped(skep_kernel* kernel, void (*listener)(void* user, const char* message), void* user) {
  protect([&] {
    if (listener == nullptr) return kernel->kernel->on_run_stopped(nullptr), 0;
    kernel->kernel->on_run_stopped(
        [listener, user](const skep::StoppedRun& run) { listener(user, run.message.c_str()); });
    return 0;
  });
}
static constexpr const char* not_pumped = "the Kernel is not pumped: see skep_kernel_options.pumped";
int skep_kernel_pump_fd(skep_kernel* kernel) {
  const int fd = kernel->kernel->pump_fd();
  return fd < 0 ? protect([&] { return fail(-fd, not_pumped); }) : fd;
}
int skep_kernel_pump_cpu_fd(skep_kernel* kernel, unsigned cpu) {
  const int fd = kernel->kernel->pump_fd(cpu);
  const char* why = fd == -EOPNOTSUPP ? not_pumped
                    : fd == -EINVAL   ? "there is no such CPU"
                                      : "no descriptor can be had";
  return fd < 0 ? protect([&] { return fail(-fd, why); }) : fd;
}
size_t skep_kernel_pump_cpu(skep_kernel* kernel, unsigned cpu, uint64_t limit_ns) {
  size_t runs = 0;
  protect([&] {
    runs = kernel->kernel->pump(limit_ns, cpu);
    return 0;
  });
  return runs;
}
size_t skep_kernel_pump(skep_kernel* kernel, uint64_t limit_ns) {
  size_t runs = 0;
  protect([&] {
    runs = kernel->kernel->pump(limit_ns);
    return 0;
  });
  return runs;
}

void skep_kernel_on_work_run(skep_kernel* kernel, void (*listener)(void* user, const skep_work_run* run), void* user) {
  protect([&] {
    if (listener == nullptr) return kernel->kernel->on_work_run(nullptr), 0;
    kernel->kernel->on_work_run([listener, user](const skep::WorkRun& run) {
      const skep_work_run told{
          sizeof told,  run.program.c_str(), run.callback.c_str(), run.map.c_str(), run.key.data(), run.key.size(),
          run.cpu,      run.started_ns,      run.began_ns,         run.ended_ns,    run.timer,      run.stopped,
          run.task_work};
      listener(user, &told);
    });
    return 0;
  });
}

namespace {

std::function<void(std::string_view)> line_listener(void (*listener)(void* user, const char* line), void* user) {
  if (listener == nullptr) return nullptr;
  return [listener, user](std::string_view line) { listener(user, std::string(line).c_str()); };
}

}  // namespace

void skep_kernel_on_trace(skep_kernel* kernel, void (*listener)(void* user, const char* line), void* user) {
  protect([&] { return kernel->kernel->on_trace(line_listener(listener, user)), 0; });
}
void skep_kernel_on_log(skep_kernel* kernel, void (*listener)(void* user, const char* line), void* user) {
  protect([&] { return kernel->kernel->on_log(line_listener(listener, user)), 0; });
}

uint64_t skep_kernel_call_hook(skep_kernel* kernel, const char* name, const uint64_t* args, size_t count,
                               uint64_t (*body)(void* user), void* user) {
  uint64_t result = 0;
  protect([&] {
    std::function<std::uint64_t()> function;
    if (body != nullptr) function = [body, user] { return body(user); };
    result = kernel->kernel->call_hook(name, {args, count}, function);
    return 0;
  });
  return result;
}

int skep_kernel_call_struct_ops(skep_kernel* kernel, const char* map, const char* member, const uint64_t* args,
                                size_t count, uint64_t* result) {
  return protect([&] {
    int error = 0;
    const std::uint64_t value = kernel->kernel->call_struct_ops(map, member, {args, count}, error);
    if (error != 0) return fail(-error, std::string(map) + "." + member + ": " + skep::Kernel::refusal());
    if (result != nullptr) *result = value;
    return 0;
  });
}
