// See scenario.hpp. Checked at the end: every start of work has run, was merged or was cancelled; Skep counts as many
// starts as the programs did; no call answered what no race explains.
#include "threads/scenario.hpp"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace skep::fuzz {
namespace {

constexpr std::size_t page = 4096;
constexpr std::uint64_t a_minute = 60'000'000'000;
constexpr std::array programs{"work", "timers", "updates", "fill", "empty"};

}  // namespace

Scenario::Scenario(const KernelOptions& options, std::string object, bool forks, Totals& totals)
    : object_(std::move(object)), forks_(forks), totals_(totals) {
  auto made = make_kernel(options);
  if (!made) throw std::runtime_error(made.message());
  kernel_ = *made;
}

Scenario::~Scenario() {
  for (const volatile counts* at : counts_) munmap(const_cast<counts*>(at), page);
}

void Scenario::act(Choices& choices) {
  totals_.actions.fetch_add(1, std::memory_order_relaxed);
  switch (choices.below(32)) {
    case 0:
      return load(choices);
    case 1:
      return load_nonsense(choices);
    case 2:
      return close_one(choices);
    case 3:
      return run(choices, "endless");
    case 4:
      return choices.percent(20) ? kernel_->stop_runs() : look();
    case 5:
      return attach(choices);
    case 6:
    case 7:
      return fire(choices);
    case 8:
      return listen(choices);
    case 9:
      return batch(choices);
    case 10:
      return choices.percent(10) ? fork_child(choices) : look();
    case 11:
    case 12:
      kernel_->pump(1'000'000);  // nothing, where threads do the work
      return;
    case 13:
      kernel_->drain(choices.below(1'000'000));
      return;
    default:
      return choices.percent(50) ? run(choices) : command(choices);
  }
}

Scenario::LoadedPtr Scenario::any(Choices& choices) {
  const std::lock_guard guard(lock_);
  return objects_.empty() ? nullptr : objects_[choices.below(static_cast<std::uint32_t>(objects_.size()))];
}

void Scenario::load(Choices& choices) {
  auto object = Object::load(kernel_, object_);
  ++(object ? totals_.loads : totals_.refused_loads);
  if (!object) return;
  auto loaded = std::make_shared<Loaded>(Loaded{*object, object->programs(), object->maps()});
  const auto globals = object->map(".bss");
  if (!globals) return;
  const std::int64_t at = kernel_->mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, globals->fd(), 0);
  if (at < 0) return;
  auto* const its_counts = reinterpret_cast<counts*>(at);  // NOLINT(performance-no-int-to-ptr)
  its_counts->turns = 1 + choices.below(200);
  const std::lock_guard guard(lock_);
  counts_.push_back(its_counts);
  objects_.push_back(std::move(loaded));
  if (objects_.size() > most_objects) objects_.erase(objects_.begin());
}

// Instructions that are none, or that are refused.
void Scenario::load_nonsense(Choices& choices) {
  const KernelBinding binding(*kernel_);
  std::array<bpf_insn, 8> insns{};
  for (bpf_insn& insn : insns) {
    const std::uint64_t bits = choices.any();
    std::memcpy(&insn, &bits, sizeof insn);
  }
  const int fd = bpf_prog_load(BPF_PROG_TYPE_SCHED_CLS, "nonsense", "GPL", insns.data(), insns.size(), nullptr);
  if (fd >= 0) kernel_->close(fd);
}

void Scenario::close_one(Choices& choices) {
  LoadedPtr gone;
  Link link;
  const std::lock_guard guard(lock_);
  if (!objects_.empty() && choices.percent(50)) {
    const auto at = objects_.begin() + choices.below(static_cast<std::uint32_t>(objects_.size()));
    gone = std::move(*at);
    objects_.erase(at);
  } else if (!links_.empty()) {
    const auto at = links_.begin() + choices.below(static_cast<std::uint32_t>(links_.size()));
    link = *at;
    links_.erase(at);
  }
}

void Scenario::run(Choices& choices, const char* program) {
  const LoadedPtr loaded = any(choices);
  if (!loaded) return load(choices);
  if (program == nullptr) program = programs[choices.below(programs.size())];
  const auto found = loaded->object.program(program);
  if (!found) return;
  const std::array<std::uint8_t, 64> packet{};
  RunInput input{.packet = packet, .repeat = 1 + choices.below(3)};
  if (choices.percent(10)) input.limits = RunLimits{.instructions = 1 + choices.below(100'000)};
  const auto result = found->run(input);
  ++totals_.runs;
  if (!result) ++totals_.stopped;
}

void Scenario::command(Choices& choices) {
  const LoadedPtr loaded = any(choices);
  if (!loaded) return;
  const Map& map = loaded->maps[choices.below(static_cast<std::uint32_t>(loaded->maps.size()))];
  std::vector<std::uint8_t> key(map.key_size()), next(map.key_size());
  std::vector<std::uint8_t> value(map.per_cpu() ? (map.value_size() + 7) / 8 * 8 * map.cpus() : map.value_size());
  if (!key.empty()) key[0] = static_cast<std::uint8_t>(choices.below(64));
  ++totals_.commands;
  switch (choices.below(5)) {
    case 0:
      (void)map.remove(key.data(), key.size());
      return;
    case 1:
      if (!map.name().ends_with(".bss"))
        (void)map.write(key.data(), key.size(), value.data(), value.size(), Update::any);
      return;
    case 2: {
      const auto ring = RingBuffer::open(map);
      if (ring) (void)ring->consume([](std::span<const std::uint8_t> record) { return record.size() == 8; });
      return;
    }
    case 3:
      (void)map.next_key(key.data(), next.data(), key.size());
      return;
    default:
      (void)map.read(key.data(), key.size(), value.data(), value.size());
  }
}

void Scenario::batch(Choices& choices) {
  const LoadedPtr loaded = any(choices);
  if (!loaded) return;
  const auto map = loaded->object.map(choices.percent(50) ? "flood" : "hash");
  if (!map) return;
  const KernelBinding binding(*kernel_);
  __u32 token = 0, count = 256;
  std::vector<std::uint8_t> keys(count * map->key_size()), values(count * map->value_size());
  ++totals_.commands;
  if (choices.percent(50))
    bpf_map_lookup_batch(map->fd(), nullptr, &token, keys.data(), values.data(), &count, nullptr);
  else
    bpf_map_lookup_and_delete_batch(map->fd(), nullptr, &token, keys.data(), values.data(), &count, nullptr);
}

void Scenario::attach(Choices& choices) {
  const LoadedPtr loaded = any(choices);
  if (!loaded) return;
  const auto program = loaded->object.program("linked");
  auto link = program ? program->attach({.target_fd = 1 + static_cast<int>(choices.below(100))}) : program.status();
  if (!link) return;
  ++totals_.links;
  const std::lock_guard guard(lock_);
  links_.push_back(*link);
  if (links_.size() > most_links) links_.erase(links_.begin());
}

void Scenario::fire(Choices& choices) {
  Link link;
  {
    const std::lock_guard guard(lock_);
    if (links_.empty()) return;
    link = links_[choices.below(static_cast<std::uint32_t>(links_.size()))];
  }
  std::array<std::uint8_t, 64> packet{};
  (void)link.fire(packet.data(), packet.size());
  if (choices.percent(5)) (void)link.detach();
}

void Scenario::look() {
  std::uint64_t seen = kernel_->memory().used + kernel_->work().ran + kernel_->denied().reads +
                       kernel_->links().size() + kernel_->long_runs().size() + kernel_->armed_timers().size();
  const KernelBinding binding(*kernel_);
  for (__u32 id = 0; bpf_prog_get_next_id(id, &id) == 0;) {
    const int fd = bpf_prog_get_fd_by_id(id);
    if (fd < 0) continue;
    bpf_prog_info info{};
    __u32 size = sizeof info;
    seen += bpf_prog_get_info_by_fd(fd, &info, &size) == 0 ? info.xlated_prog_len : 0;
    kernel_->close(fd);
  }
  told_ += seen;
}

void Scenario::listen(Choices& choices) {
  const bool set = choices.percent(60);
  switch (choices.below(4)) {
    case 0:
      if (set) return kernel_->on_work_run([this](const WorkRun& run) { told_ += run.key.size(); });
      return kernel_->on_work_run(nullptr);
    case 1:
      if (set) return kernel_->on_log([this](std::string_view line) { told_ += line.size() + kernel_->memory().used; });
      return kernel_->on_log(nullptr);
    case 2:
      if (set) return kernel_->on_run_stopped([this](const StoppedRun& run) { told_ += run.message.size(); });
      return kernel_->on_run_stopped(nullptr);
    default:
      if (set) return kernel_->on_trace([this](std::string_view line) { told_ += line.size(); });
      return kernel_->on_trace(nullptr);
  }
}

// A child uses a Kernel of its own. That it is not given one is no fault: others were in the middle of a long run.
void Scenario::fork_child(Choices& choices) {
  if (!forks_) return;
  ++totals_.forks;
  const bool of_its_own = choices.percent(50);
  const pid_t child = fork();
  if (child < 0) return;
  if (child == 0) {
    alarm(120);  // a child that hangs ends by a signal
    if (!of_its_own) _exit(0);
    const auto made = make_kernel({.cpus = 1, .host_btf = false});
    if (!made) _exit(0);
    const auto object = Object::load(*made, object_);
    const auto work = object ? object->program("work") : object.status();
    const std::array<std::uint8_t, 64> packet{};
    if (!work || !work->run({.packet = packet})) _exit(1);
    _exit((*made)->drain(a_minute) ? 0 : 1);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child || status != 0) {
    fmt::print(stderr, "a child ended with status {:#x}\n", status);
    std::abort();
  }
}

std::string Scenario::settle_accounts() {
  objects_.clear();
  links_.clear();
  // What was armed for later ended with the elements.
  if (!kernel_->settle(a_minute)) return "work does not come to an end";
  const WorkStatistics work = kernel_->work();
  std::uint64_t started = started_before_, timers = timers_before_, wrong = 0;
  for (const volatile counts* at : std::exchange(counts_, {})) {
    started += at->started;
    timers += at->timers;
    wrong += at->wrong;
    munmap(const_cast<counts*>(at), page);
  }
  // A run may be stopped between a start and its counting.
  const std::uint64_t stopped = work.stopped - stopped_before_;
  const auto more_than = [stopped](std::uint64_t skep, std::uint64_t programs) {
    return skep < programs || skep - programs > stopped;
  };
  const bool adds_up = !more_than(work.started, started);
  const std::uint64_t of_timers = work.timers + work.timers_merged + work.timers_cancelled;
  started_before_ = work.started;
  timers_before_ = of_timers;
  stopped_before_ = work.stopped;
  if (work.started != work.ran + work.merged + work.cancelled)
    return fmt::format("{} started, and {} ran + {} merged + {} cancelled", work.started, work.ran, work.merged,
                       work.cancelled);
  if (!adds_up)
    return fmt::format("Skep counts {} starts, its programs {}, and {} runs were stopped", work.started, started,
                       stopped);
  if (more_than(of_timers, timers))
    return fmt::format("{} timers ran, {} starts were merged and {} cancelled, and programs count {}; {} were stopped",
                       work.timers, work.timers_merged, work.timers_cancelled, timers, stopped);
  if (wrong != 0) return fmt::format("{} calls answered what no race explains", wrong);
  return {};
}

}  // namespace skep::fuzz
