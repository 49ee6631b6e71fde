// The front door: one command of bpf(2) in, one result out. Size rules, unknown bits and which command goes where.
//
// A caller may pass a structure smaller or larger than ours: what is missing counts as zero, and what is too much must
// be zero (-E2BIG past the union's end, -EINVAL past the command's last field; the release's rules say where those
// are). Tested by tests/kernel/front_door_test.cpp and rules_test.cpp.
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>

#include "kernel/guarded.hpp"
#include "kernel/impl.hpp"
#include "kernel/process.hpp"
#include "kernel/symbols.hpp"
#include "rcu/own_thread.hpp"
#include "rcu/rcu.hpp"

namespace skep {
namespace {

constexpr unsigned page_size = 4096;
constexpr unsigned most_cpus = verifier::most_cpus;
constexpr int common_attributes = 1 << 16;

bool all_zero(std::span<const std::uint8_t> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

// Copies a structure of `size` bytes whose known part is `known` bytes; what is beyond must be zero.
int take_structure(void* to, unsigned known, std::uint64_t from, unsigned size) {
  if (size > page_size) return -E2BIG;
  std::array<std::uint8_t, page_size> bytes{};
  if (const int error = copy_from_user(bytes.data(), from, size); error != 0) return error;
  if (size > known && !all_zero({bytes.data() + known, size - known})) return -E2BIG;
  std::memcpy(to, bytes.data(), std::min(known, size));
  return 0;
}

// As errno, but in words.
std::string& refusal_of_this_thread() {
  thread_local std::string words;
  return words;
}

}  // namespace

Kernel::Kernel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

std::unique_ptr<Kernel> Kernel::make(const KernelOptions& options, std::string& error) {
  std::unique_ptr<Kernel> kernel;
  const int failed = errno_of([&] {
    kernel = Impl::make(options, error);
    return 0;
  });
  if (failed == 0) return kernel;
  error = std::strerror(-failed);
  return nullptr;
}

std::unique_ptr<Kernel> Kernel::Impl::make(const KernelOptions& options, std::string& error) {
  const Rules* rules = rules_for(options.release, error);
  if (rules == nullptr) return nullptr;
  if (const int failed = rcu::start_reclaimer(); failed != 0) {
    error = failed == -EDEADLK
                ? "this process was forked while a program was running: it can make no Kernel before exec"
                : fmt::format("no thread can be started: {}", std::strerror(-failed));
    return nullptr;
  }
  std::unique_ptr<Kernel> kernel(new Kernel(nullptr));  // NOLINT: the constructor is private
  kernel->impl_ = std::make_unique<Impl>(*kernel);
  Impl& impl = *kernel->impl_;
  impl.options = options;
  impl.rules = rules;
  const unsigned cpus = options.cpus.value_or(std::max(1U, std::thread::hardware_concurrency()));
  if (cpus == 0 || cpus > most_cpus) {
    error = fmt::format("a Kernel has 1 to {} virtual CPUs: give `cpus` such a number, or leave it out", most_cpus);
    return nullptr;
  }
  if (options.clock_ns && options.stepping_seed) {
    error = "`clock_ns` and `stepping_seed` exclude each other: the clock of a stepping Kernel is its schedule's";
    return nullptr;
  }
  if (options.pumped && options.stepping_seed) {
    error = "`pumped` and `stepping_seed` exclude each other: a stepping Kernel runs its work in drain()";
    return nullptr;
  }
  if (options.stepping_seed) {
    impl.executor = async::make_stepping_executor(cpus, *options.stepping_seed);
  } else if (options.pumped || options.clock_ns) {
    std::optional<async::StandingClock> clock;
    if (options.clock_ns) clock = {*options.clock_ns, options.realtime_ns};
    auto pumped = async::make_pumped_executor(cpus, clock);
    if (!pumped) {
      error = fmt::format("no descriptor for the event loop: {}", std::strerror(errno));
      return nullptr;
    }
    impl.pumped = pumped.get();
    impl.executor = std::move(pumped);
  } else {
    impl.executor = async::make_thread_executor(
        cpus, {.spin_ns = options.worker_spin_ns, .more_workers = options.more_workers, .name = options.worker_name});
  }
  impl.observer = std::make_unique<WorkObserver>(*kernel, *impl.executor);
  impl.services = std::make_unique<KernelServices>(*kernel, *impl.executor);
  impl.symbol_addresses = std::make_shared<SymbolAddresses>(impl);
  if (options.random_seed) impl.services->seed(*options.random_seed);
  impl.services->run_limits = options.run_limits;
  impl.services->lock_waits = std::make_unique<runtime::LockWaits>(cpus);
  impl.services->open_memory.open_all(options.host_memory == HostMemory::open);
  impl.account = std::make_shared<memory::Account>(options.memory_limit);
  impl.executor->account = impl.services->account = impl.account;
  if (!impl.make_engine(cpus, error)) return nullptr;
  if (impl.load_types(error) != 0) return nullptr;
  impl.services->use_types(impl.vmlinux->btf);
  for (const HostModule& module : options.modules)
    if (impl.add_module(module, error) != 0) return nullptr;
  for (const HostModule& module : options.modules)
    for (const HostMemoryRange& range : module.memory)
      if (!kernel->open_host_memory(range)) {
        error = fmt::format("module '{}': memory: a range is empty, or overlaps another", module.name);
        return nullptr;
      }
  return kernel;
}

bool Kernel::Impl::make_engine(unsigned cpus, std::string& error) {
  if (options.engine != Engine::interpreter && !options.stepping_seed) {
    std::string why;
    engine = engine::make_compiler(
        cpus,
        {.eager = options.engine == Engine::compiled,
         .on_failure = [this](const std::string& what) { log("interpreted, for it cannot be compiled: " + what); }},
        why);
    if (engine == nullptr && options.engine == Engine::compiled) {
      error = "programs cannot be compiled: " + why + "; the interpreter needs nothing";
      return false;
    }
  }
  if (engine == nullptr) engine = engine::make_interpreter(cpus);
  return true;
}

Kernel::~Kernel() {
  if (impl_->made_in != rcu::process_generation()) {
    abandon(std::move(impl_), *this);
    return;
  }
  if (impl_->options.run_pending_at_close && impl_->executor) drain(impl_->options.close_limit_ns);
  std::vector<int> open;
  {
    const std::shared_lock guard(impl_->lock);
    for (const auto& [fd, descriptor] : impl_->descriptors) open.push_back(fd);
  }
  for (const int fd : open) close(fd);
  for (auto& [path, pin] : impl_->pins) pin.object->put_user_ref();
  impl_->pins.clear();
  impl_->attached.clear();
  if (impl_->services) impl_->services->stop_signal.close_after(impl_->options.close_limit_ns);
  if (impl_->executor) impl_->executor->drain(0);  // none: it was never made
  impl_->executor.reset();                         // joins its workers: nothing of this kernel runs any more
  rcu::barrier();
}

int Kernel::bpf(int command, void* attr, unsigned size, void* common, unsigned common_size) {
  const ReturnToUser back(*impl_);
  return errno_of([&] { return impl_->command(command, attr, size, common, common_size); });
}

int Kernel::Impl::command(int command, void* attr, unsigned size, void* common, unsigned common_size) {
  Impl& impl = *this;
  impl.begin_command();
  const auto user = reinterpret_cast<std::uint64_t>(attr);
  const AttributeSizes& sizes = impl.rules->sizes;
  std::array<std::uint8_t, attr::largest> bytes{};
  if (const int error = take_structure(bytes.data(), sizes.largest, user, size); error != 0) return error;
  if ((command & common_attributes) != 0 && sizes.common != 0) {
    command &= ~common_attributes;
    attr::Common unused{};
    if (const int error = take_structure(&unused, sizes.common, reinterpret_cast<std::uint64_t>(common), common_size);
        error != 0)
      return error;
  }
  const auto run = [&]<typename Attr>(int (Impl::*function)(Call<Attr>&)) {
    Call<Attr> call;
    call.user = user;
    call.size = size;
    static_assert(Attr::last_field_end <= attr::largest);
    if (!all_zero(std::span(bytes).subspan(sizes.*Attr::known))) return -EINVAL;
    std::memcpy(static_cast<void*>(&call.attr), bytes.data(), std::min(sizeof call.attr, bytes.size()));
    return (impl.*function)(call);
  };
  const auto by_kind = [&](int (Impl::*function)(ObjectKind, Call<attr::GetId>&), ObjectKind kind) {
    Call<attr::GetId> call;
    call.user = user;
    call.size = size;
    if (!all_zero(std::span(bytes).subspan(sizes.*attr::GetId::known))) return -EINVAL;
    std::memcpy(&call.attr, bytes.data(), sizeof call.attr);
    return (impl.*function)(kind, call);
  };
  if (static_cast<unsigned>(command) >= impl.rules->commands) return -EINVAL;
  switch (static_cast<Command>(command)) {
    case Command::map_create:
      return run(&Impl::map_create);
    case Command::map_lookup_elem:
      return run(&Impl::map_lookup);
    case Command::map_update_elem:
      return run(&Impl::map_update);
    case Command::map_delete_elem:
      return run(&Impl::map_delete);
    case Command::map_get_next_key:
      return run(&Impl::map_next_key);
    case Command::map_lookup_and_delete_elem:
      return run(&Impl::map_lookup_and_delete);
    case Command::map_freeze:
      return run(&Impl::map_freeze);
    case Command::map_lookup_batch:
      return run(&Impl::map_lookup_batch);
    case Command::map_lookup_and_delete_batch:
      return run(&Impl::map_lookup_and_delete_batch);
    case Command::map_update_batch:
      return run(&Impl::map_update_batch);
    case Command::map_delete_batch:
      return run(&Impl::map_delete_batch);
    case Command::prog_load:
      return run(&Impl::prog_load);
    case Command::prog_test_run:
      return run(&Impl::prog_test_run);
    case Command::prog_stream_read_by_fd:
      return run(&Impl::prog_stream_read);
    case Command::enable_stats:
      return run(&Impl::enable_stats);
    case Command::prog_bind_map:
      return run(&Impl::prog_bind_map);
    case Command::btf_load:
      return run(&Impl::btf_load);
    case Command::obj_get_info_by_fd:
      return run(&Impl::object_info);
    case Command::obj_pin:
      return run(&Impl::object_pin);
    case Command::obj_get:
      return run(&Impl::object_get);
    case Command::prog_get_next_id:
      return by_kind(&Impl::next_id, ObjectKind::program);
    case Command::map_get_next_id:
      return by_kind(&Impl::next_id, ObjectKind::map);
    case Command::btf_get_next_id:
      return by_kind(&Impl::next_id, ObjectKind::btf);
    case Command::link_get_next_id:
      return by_kind(&Impl::next_id, ObjectKind::link);
    case Command::prog_get_fd_by_id:
      return by_kind(&Impl::fd_by_id, ObjectKind::program);
    case Command::map_get_fd_by_id:
      return by_kind(&Impl::fd_by_id, ObjectKind::map);
    case Command::btf_get_fd_by_id:
      return by_kind(&Impl::fd_by_id, ObjectKind::btf);
    case Command::link_get_fd_by_id:
      return by_kind(&Impl::fd_by_id, ObjectKind::link);
    case Command::link_create:
      return run(&Impl::link_create);
    case Command::link_update:
      return run(&Impl::link_update);
    case Command::link_detach:
      return run(&Impl::link_detach);
    case Command::raw_tracepoint_open:
      return run(&Impl::raw_tracepoint_open);
    case Command::prog_attach:
      return run(&Impl::prog_attach);
    case Command::prog_detach:
      return run(&Impl::prog_detach);
    case Command::prog_query:
    case Command::task_fd_query:
    case Command::iter_create:
    case Command::token_create:
    case Command::prog_assoc_struct_ops:
      impl.log(fmt::format("bpf(2) command {} is not supported", command));
      return -EOPNOTSUPP;
  }
  return -EINVAL;
}

int Kernel::pump_fd() const {
  return impl_->pumped != nullptr ? impl_->pumped->pump_fd() : -EOPNOTSUPP;
}
std::size_t Kernel::pump(std::uint64_t limit_ns) {
  if (impl_->pumped == nullptr) return 0;
  const ReturnToUser back(*impl_);
  return impl_->pumped->pump(limit_ns);
}
int Kernel::pump_fd(unsigned cpu) {
  return impl_->pumped != nullptr ? impl_->pumped->pump_fd(cpu) : -EOPNOTSUPP;
}
std::size_t Kernel::pump(std::uint64_t limit_ns, unsigned cpu) {
  if (impl_->pumped == nullptr) return 0;
  const ReturnToUser back(*impl_);
  return impl_->pumped->pump(limit_ns, cpu);
}

unsigned Kernel::cpus() const {
  return impl_->executor->cpus().count();
}
Release Kernel::release() const {
  return impl_->rules->release;
}

bool Kernel::drain(std::uint64_t limit_ns) {
  const ReturnToUser back(*impl_);
  return impl_->executor->drain(limit_ns);
}
MemoryStatistics Kernel::memory() const {
  const memory::Account& account = *impl_->account;
  return {account.limit(), account.used(), account.peak(), account.refused()};
}
bool Kernel::settle(std::uint64_t limit_ns) {
  const ReturnToUser back(*impl_);
  return impl_->executor->settle(limit_ns);
}

WorkStatistics Kernel::work() const {
  const async::WorkCounts counts = impl_->executor->counts();
  return {.started = counts.started,
          .merged = counts.merged,
          .ran = counts.ran,
          .cancelled = counts.cancelled,
          .timers = counts.timers,
          .stopped = impl_->services->watch().stopped_so_far(),
          .timers_merged = counts.timers_merged,
          .timers_cancelled = counts.timers_cancelled,
          .task_works = counts.task_works,
          .task_works_cancelled = counts.task_works_cancelled};
}

void Kernel::on_log(std::function<void(std::string_view)> listener) {
  impl_->log_listener.set(std::move(listener));
}
void Kernel::on_trace(std::function<void(std::string_view)> listener) {
  impl_->services->on_trace(std::move(listener));
}

void Kernel::Impl::log(std::string_view line) const {
  refusal_of_this_thread() = line;
  const_cast<Impl&>(*this).log_listener.tell(line, [](const LineListener::Function& listener, std::string_view told) {
    try {
      listener(told);
    } catch (...) {  // there is nobody left to tell
    }
  });
}

void Kernel::Impl::begin_command() const {
  refusal_of_this_thread().clear();
}
std::string Kernel::refusal() {
  return refusal_of_this_thread();
}

Kernel::LoadReport Kernel::last_load(std::string_view program) const {
  const std::lock_guard guard(impl_->report_lock);
  if (program.empty()) return impl_->report;
  const auto it = impl_->reports.find(program.substr(0, object_name_len - 1));
  return it == impl_->reports.end() ? LoadReport{} : it->second;
}
const std::string& Kernel::types_name() const {
  return impl_->types_name;
}
void Kernel::forget_last_load() {
  const std::lock_guard guard(impl_->report_lock);
  impl_->report = {};
  impl_->reports.clear();
}
void Kernel::set_verification_limit(std::uint64_t ns) {
  impl_->verification_limit_ns = ns;
}
std::span<const std::uint8_t> Kernel::presented_btf() const {
  return impl_->vmlinux->raw();
}
void* Kernel::loader_part(const std::function<std::shared_ptr<void>()>& make) {
  void* part = nullptr;
  guarded(*this, "what makes a loader's part", [&] {
    const std::lock_guard guard(impl_->loader_part_lock);
    if (impl_->loader_part == nullptr) impl_->loader_part = make();
    part = impl_->loader_part.get();
  });
  return part;
}
void Kernel::adapt_to_object(std::span<const std::uint8_t> object_btf) {
  impl_->provide_calls(object_btf);
}

}  // namespace skep
