// See kernel/invoke.hpp. Tested by tests/kernel/invocation_test.cpp.
#include "kernel/invoke.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "async/threads.hpp"
#include "kernel/run_watch.hpp"
#include "maps/cgroup_storage.hpp"
#include "maps/map.hpp"
#include "progtypes/common/follows_packet.hpp"
#include "progtypes/common/plain_invocation.hpp"
#include "rcu/rcu.hpp"
#include "runtime/context.hpp"

namespace skep {
namespace {

// Some runs of a program one after the other, as one job: its CPU is taken, and a read section begun, once for all of
// them. They are as many as fit into some time, for others want the CPU, and grace periods end only between two jobs.
class Batch final : public async::Job {
 public:
  Batch(engine::Run& run, progtypes::Invocation& invocation, bool each_made_ready, runtime::Packet* packet,
        std::uint32_t repeat)
      : run_(run), invocation_(invocation), each_made_ready_(each_made_ready), packet_(packet), left_(repeat) {}

  bool over() const { return left_ == 0 || run_.stop_reason() != StopReason::none; }
  async::Progress advance(unsigned cpu, std::uint64_t budget) override {
    begin_next();
    const async::Progress progress = run_.advance(cpu, budget);
    if (progress == async::Progress::finished) end();
    return progress;
  }
  void sleep_off_cpu() override { run_.sleep_off_cpu(); }
  bool stopped() const override { return run_.stopped(); }
  void run_to_end(async::Seat& seat) override {
    const std::uint64_t begin = async::monotonic_ns();
    begin_next();
    run_.run_to_end(seat);
    end();
    const std::uint64_t argument = invocation_.argument();
    for (std::uint32_t i = 1; i < size_ && !over(); ++i) {
      make_ready();
      run_.repeat(seat, argument);
      end();
    }
    const std::uint64_t took = async::monotonic_ns() - begin;
    if (took < longest_ns / 2 && size_ < most)
      size_ *= 2;
    else if (took > longest_ns && size_ > 1)
      size_ /= 2;
  }

  std::uint32_t ended() const { return ended_; }

 private:
  static constexpr std::uint64_t longest_ns = 50'000;
  static constexpr std::uint32_t most = 4096;
  void begin_next() {
    if (std::exchange(begun_, true)) return;
    make_ready();
    if (!std::exchange(first_, false)) run_.restart({invocation_.argument()});
  }
  void make_ready() {
    if (first_ || each_made_ready_) invocation_.before_run();
    if (packet_ != nullptr && packet_->redirect.to != runtime::Redirect::To::nowhere) packet_->redirect = {};
  }
  void end() {
    begun_ = false;
    --left_;
    ++ended_;
  }
  engine::Run& run_;
  progtypes::Invocation& invocation_;
  const bool each_made_ready_;
  runtime::Packet* const packet_;  // or null
  std::uint32_t left_, ended_ = 0, size_ = 1;
  bool begun_ = false, first_ = true;
};

// A thread that may run on one CPU of the machine only has its programs run on the virtual CPU of that number.
std::optional<unsigned> cpu_for_this_thread(unsigned count) {
  if (const unsigned* const asked = cpu_of_this_thread(); asked != nullptr && *asked < count) return *asked;
  cpu_set_t may;
  if (sched_getaffinity(0, sizeof may, &may) != 0 || CPU_COUNT(&may) != 1) return std::nullopt;
  for (unsigned cpu = 0; cpu < std::min<unsigned>(count, CPU_SETSIZE); ++cpu)
    if (CPU_ISSET(cpu, &may)) return cpu;
  return std::nullopt;
}

}  // namespace

void run_in_scope(Kernel::Impl& kernel, engine::Run& run) {
  if (const unsigned* const cpu = cpu_of_this_thread(); cpu != nullptr && *cpu < kernel.cpu_count())
    kernel.executor->run_on(*cpu, run);
  else
    kernel.executor->run(run);
}

const btf::Btf& InvocationKeeper::types() {
  return *kernel_.vmlinux->btf;
}
void InvocationKeeper::forget_socket(void* socket) {
  const rcu::ReadGuard guard;
  const std::shared_lock tables(kernel_.lock);
  kernel_.table(ObjectKind::map).for_each([&](const std::shared_ptr<KernelObject>& object) {
    maps::Map& map = *std::static_pointer_cast<MapObject>(object)->map;
    if ((maps::map_type(map.info().type).uses & maps::map_use::of_socket) != 0)
      static_cast<maps::LocalStorage&>(map).remove(socket);
  });
}
void InvocationKeeper::renew_cgroup_storage() {
  for (const auto& map : program_.maps) {
    if ((maps::map_type(map->map->info().type).uses & maps::map_use::cgroup_storage) != 0)
      static_cast<maps::CgroupStorage&>(*map->map).clear();
  }
}

std::optional<unsigned> cpu_of_run(const Kernel::Impl& kernel, const progtypes::Invocation& invocation) {
  const auto asked = invocation.cpu();
  return asked ? asked : cpu_for_this_thread(kernel.cpu_count());
}

bool each_run_is_made_ready(const ProgramObject& program, const engine::Run& run,
                            const progtypes::Invocation& invocation) {
  // Of code that has functions of extensions nobody knows.
  const bool may_move_packet = program.changes_packet || &run.program() != program.code.get();
  return may_move_packet || dynamic_cast<const progtypes::FollowsPacket*>(&invocation) == nullptr;
}

ProgramObject::ProgramObject()
    : KernelObject(ObjectKind::program), idle(std::make_unique<engine::RunPool<InvocationState>>(1)) {}
ProgramObject::~ProgramObject() = default;

BorrowedInvocation::BorrowedInvocation(const ProgramObject& program)
    : program_(program), state_(program.idle->take(0)) {
  if (state_ != nullptr) return;
  state_ = std::make_unique<InvocationState>();
  state_->invocation = program.type->make_invocation != nullptr
                           ? program.type->make_invocation()
                           : progtypes::make_plain_invocation(program.type->context_size);
}

namespace {

Redirection& redirection_of_this_thread() {
  thread_local Redirection redirection;
  return redirection;
}

}  // namespace

// By the result's name, for each type numbers them its own way. What sockets send passes when it is redirected.
bool redirects(const ProgramObject& program, std::uint32_t result) {
  const std::string_view name = progtypes::verdict_name(*program.type, static_cast<std::int32_t>(result));
  return name.ends_with("REDIRECT") || name == "SK_PASS";
}
void note_redirection(const ProgramObject& program, const runtime::Packet* packet, std::uint32_t result) {
  Redirection& redirection = redirection_of_this_thread();
  redirection = packet != nullptr && redirects(program, result) ? redirection_of(*packet) : Redirection();
}

Redirection redirection_of(const runtime::Packet& packet) {
  Redirection told;
  const runtime::Redirect& asked = packet.redirect;
  told.to = static_cast<Redirection::To>(asked.to);
  told.device = asked.device;
  told.key = asked.key;
  told.flags = asked.flags;
  if (asked.map != nullptr) told.map = asked.map->info().name;
  return told;
}

std::string Redirection::text() const {
  switch (to) {
    case To::nowhere:
      return {};
    case To::device:
      return fmt::format("device {}{}", device, (flags & 1) != 0 ? ", as if it had come in there" : "");
    case To::neighbor:
      return fmt::format("a neighbor of device {}", device);
    case To::peer:
      return fmt::format("the peer of device {}{}", device, (flags & 2) != 0 ? ", to be sent by it" : "");
    case To::map:
      return fmt::format("map '{}', key {}", map, key);
  }
  return {};
}
Redirection Kernel::last_redirection() {
  return redirection_of_this_thread();
}

std::string cannot_run(const ProgramObject& program) {
  if (const std::string& obstacle = program.code->executable()->obstacle(); !obstacle.empty())
    return fmt::format("program '{}' cannot be run: {} is not implemented", program.name, obstacle);
  return {};
}

engine::RunPtr make_run(Kernel::Impl& kernel, const ProgramObject& program, std::uint64_t r1, void* context) {
  const auto extended = program.extended_code();
  const runtime::Program& code = extended != nullptr ? *extended : *program.code;
  return code.executable()->make_run({.entry = code.entry(),
                                      .arguments = {r1},
                                      .context = context,
                                      .services = *kernel.services,
                                      .limits = limits_of_this_thread()});
}

int invoke(Kernel::Impl& kernel, const ProgramObject& program, InvocationState& state,
           const progtypes::InvocationRequest& request, std::uint32_t repeat, Outcome& outcome) {
  progtypes::Invocation& invocation = *state.invocation;
  InvocationKeeper host(kernel, program);
  if (Redirection& redirection = redirection_of_this_thread(); redirection.to != Redirection::To::nowhere)
    redirection = {};
  if (const int error = invocation.make(request, state.data, state.context, host); error != 0) return error;
  runtime::Packet* const packet =
      program.type->invoked_on_packet ? runtime::Context::header_of(invocation.context()).packet : nullptr;
  const engine::RunPtr run = make_run(kernel, program, invocation.argument(), invocation.context());
  const auto cpu = cpu_of_run(kernel, invocation);
  const std::uint64_t begin = kernel.services->limit_clock_ns();
  RunMeter meter(kernel, program);
  Batch batch(*run, invocation, each_run_is_made_ready(program, *run, invocation), packet, std::max(repeat, 1U));
  while (!batch.over()) {
    if (cpu)
      kernel.executor->run_on(*cpu, batch);
    else
      kernel.executor->run(batch);
  }
  meter.count(batch.ended());
  outcome.each_ns = (kernel.services->limit_clock_ns() - begin) / std::max(repeat, 1U);
  outcome.retval = static_cast<std::uint32_t>(run->result());
  note_redirection(program, packet, outcome.retval);
  outcome.results = invocation.take(host);
  return error_of(run->stop_reason());
}

}  // namespace skep
