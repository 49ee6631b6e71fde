// A run of a program, as executors and calls see it. See engine/execution.hpp; the instructions are in interpreter.cpp.
#include "engine/execution.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "engine/arena_access.hpp"
#include "engine/machine.hpp"
#include "engine/program_callback.hpp"

namespace skep::engine {

async::Progress Execution::Machine::advance(std::uint64_t budget) {
  async::Progress progress = async::Progress::finished;
  switch (state) {
    case State::finished:
      return progress;
    case State::sleeping:
      return async::Progress::sleeping;
    case State::slept:
    case State::resuming:
      state = State::running;
      if (!act(resume(answer), progress)) return progress;
      break;
    case State::running:
      break;
  }
  return run(budget);
}

std::string Execution::Machine::call_trace() const {
  std::string text = "CPU: " + std::to_string(cpu) + " UID: " + std::to_string(low(services.uid_gid())) +
                     " PID: " + std::to_string(low(services.pid_tgid())) + " Comm: " + std::string(services.comm()) +
                     "\nCall trace:\n";
  const auto add = [&](const Program& of, std::uint32_t at) {
    for (const Subprogram& function : of.code().subprograms) {
      if (at < function.start || at >= function.end) continue;
      char place[48];
      std::snprintf(place, sizeof place, "+0x%x/0x%x\n", (at - function.start) * 8U,
                    (function.end - function.start) * 8U);
      text += function.name + place;
    }
  };
  add(*program, pc);
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) add(*frame->program, frame->pc);
  return text;
}

void Execution::Machine::report_fault(const Insn& insn, std::uint64_t base) {
  const std::uint64_t at = program->arena()->user_address(low(base) + static_cast<std::uint64_t>(insn.off));
  char line[80];
  std::snprintf(line, sizeof line, "ERROR: Arena %s access at unmapped address 0x%llx\n",
                arena_base_is_source(insn) ? "READ" : "WRITE", static_cast<unsigned long long>(at));
  program->streams().write(Streams::errors, line + call_trace());
}

Execution::Execution(std::shared_ptr<const Program> program, const Subprogram& entry, std::array<std::uint64_t, 5> args,
                     void* context, calls::Services& services)
    : machine_(std::make_unique<Machine>(*this, std::move(program), entry, context, services)) {
  machine_->start(args);
}
Execution::~Execution() = default;

async::Progress Execution::advance(unsigned cpu, std::uint64_t budget) {
  machine_->cpu = cpu;
  return machine_->advance(budget);
}

void Execution::sleep_off_cpu() {
  Machine& m = *machine_;
  if (m.state != Machine::State::sleeping) return;
  m.answer = m.sleep_operation(m.wanted_next.state);
  m.state = Machine::State::slept;
}

bool Execution::finished() const {
  return machine_->state == Machine::State::finished;
}
std::uint64_t Execution::result() const {
  return machine_->regs[0];
}
std::uint64_t Execution::instructions() const {
  return machine_->executed;
}
std::uint32_t Execution::pc() const {
  return machine_->pc;
}
std::span<const std::uint64_t> Execution::registers() const {
  return machine_->regs;
}
void Execution::restart(std::array<std::uint64_t, 5> args) {
  machine_->start(args);
}

calls::Services& Execution::services() {
  return machine_->services;
}
unsigned Execution::cpu() const {
  return machine_->cpu;
}
const Program& Execution::program() const {
  return *machine_->program;
}
void* Execution::context() const {
  return machine_->context;
}
std::shared_ptr<const Program> Execution::shared_program() const {
  return machine_->program == machine_->started.get() ? machine_->started : machine_->program->shared_from_this();
}

calls::CallResult Execution::invoke(const Subprogram& fn, std::array<std::uint64_t, 5> args,
                                    const calls::Continuation& next) {
  machine_->wanted = &fn;
  machine_->wanted_args = args;
  machine_->wanted_next = next;
  return {calls::CallResult::Kind::callback, 0};
}

calls::CallResult Execution::sleep(calls::SleepFn operation, const calls::Continuation& next) {
  machine_->sleep_operation = operation;
  machine_->wanted_next = next;
  return {calls::CallResult::Kind::sleep, 0};
}

// What a call without a target, or one too many, answers: the program goes on behind it.
calls::CallResult Execution::tail_call(const Program& target) {
  if (machine_->tail_calls >= max_tail_calls) return calls::CallResult::error(-EINVAL);
  auto held = target.weak_from_this().lock();
  if (held == nullptr || !held->missing_call().empty()) return calls::CallResult::error(-EINVAL);
  ++machine_->tail_calls;
  machine_->tail_target = std::move(held);
  return {calls::CallResult::Kind::tail_call, 0};
}

std::string Execution::call_trace() const {
  return machine_->call_trace();
}

std::uint64_t Execution::call_site_value() const {
  return machine_->program->code().meta[machine_->pc].value;
}

std::shared_ptr<const btf::Record> Execution::call_site_record() const {
  return machine_->program->code().meta[machine_->pc].record;
}

void Execution::remember_record(std::uint64_t record, maps::Map& ring) {
  machine_->records.emplace_back(record, &ring);
}
maps::Map* Execution::forget_record(std::uint64_t record) {
  auto& records = machine_->records;
  const auto found = std::ranges::find(records, record, [](const auto& entry) { return entry.first; });
  if (found == records.end()) return nullptr;
  maps::Map* ring = found->second;
  *found = records.back();
  records.pop_back();
  return ring;
}

std::shared_ptr<async::Callback> Execution::make_callback(const Subprogram& fn, maps::Map& map, void* value) {
  return std::make_shared<ProgramCallback>(fn.program->shared_from_this(), fn, map, value, machine_->services);
}

}  // namespace skep::engine
