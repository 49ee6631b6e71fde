// PROG_TEST_RUN: runs a program once or many times on a packet or a context that the caller gives. What may be passed,
// what the program sees and what comes back is its type's (progtypes/invocation.hpp); here the caller's memory is read
// and written. Tested by tests/kernel/front_door_test.cpp and tests/kernel/invocation_test.cpp.
#include "kernel/test_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "kernel/invoke.hpp"

namespace skep {
namespace {

constexpr std::uint32_t longest_extended_context = 4096;
constexpr std::size_t most_fired_bytes = 1 << 16;  // of a packet or a context of the host's

progtypes::InvocationRequest request_of(const attr::TestRun& a, const ProgramObject& program, unsigned cpus) {
  progtypes::InvocationRequest request;
  request.data_size = a.data_size_in;
  request.context_size = a.ctx_size_in;
  request.has_context = a.ctx_in != 0;
  request.flags = a.flags;
  request.cpu = a.cpu;
  request.batch_size = a.batch_size;
  request.has_data = a.data_in != 0;
  request.repeats = a.repeat != 0;
  request.wants_data = a.data_out != 0;
  request.wants_context = a.ctx_out != 0;
  request.wants_duration = a.duration != 0;
  request.context_used = program.context_used;
  request.cpus = cpus;
  return request;
}

// The caller's context, as much of it as is understood, or all.
int read_context(const attr::TestRun& a, std::optional<std::uint32_t> known, std::vector<std::uint8_t>& bytes) {
  if (known && a.ctx_size_in > longest_extended_context) return -E2BIG;
  bytes.assign(std::max(a.ctx_size_in, known.value_or(0)), 0);
  if (a.ctx_in != 0)
    if (const int error = copy_from_user(bytes.data(), a.ctx_in, a.ctx_size_in); error != 0) return error;
  if (!known) return 0;
  const auto beyond = bytes.begin() + *known;
  if (std::any_of(beyond, bytes.end(), [](std::uint8_t b) { return b != 0; })) return -E2BIG;
  bytes.resize(*known);
  return 0;
}

int give_data(Call<attr::TestRun>& call, std::span<const std::uint8_t> data) {
  const attr::TestRun& a = call.attr;
  const std::size_t room = a.data_size_out != 0 ? a.data_size_out : data.size();
  const std::size_t shown = std::min(room, data.size());
  int error = 0;
  if (a.data_out != 0) error = copy_to_user(a.data_out, data.data(), shown);
  if (error == 0) error = call.give(&attr::TestRun::data_size_out, static_cast<std::uint32_t>(data.size()));
  return error != 0 ? error : (shown < data.size() && a.data_out != 0 ? -ENOSPC : 0);
}

int give_context(Call<attr::TestRun>& call, const progtypes::InvocationResults& results) {
  const attr::TestRun& a = call.attr;
  const std::span<const std::uint8_t> bytes = results.context;
  if (results.context_in_place) return copy_to_user(a.ctx_in, bytes.data(), bytes.size());
  if (a.ctx_out == 0) return 0;
  const std::size_t shown = std::min<std::size_t>(a.ctx_size_out, bytes.size());
  int error = copy_to_user(a.ctx_out, bytes.data(), shown);
  if (error == 0) error = call.give(&attr::TestRun::ctx_size_out, static_cast<std::uint32_t>(bytes.size()));
  return error != 0 ? error : (shown < bytes.size() ? -ENOSPC : 0);
}

// Tracing programs are not run themselves: see test_run_functions.cpp.
int run_tracing(Kernel::Impl& kernel, Call<attr::TestRun>& call, const ProgramObject& program) {
  const attr::TestRun& a = call.attr;
  if (a.flags != 0 || a.cpu != 0 || a.batch_size != 0) return -EINVAL;
  std::uint32_t retval = 0;
  const int error = run_test_functions(kernel, program, retval);
  return error != 0 ? error : call.give(&attr::TestRun::retval, retval);
}

}  // namespace

int Kernel::Impl::prog_test_run(Call<attr::TestRun>& call) {
  const attr::TestRun& a = call.attr;
  if ((a.ctx_size_in != 0) != (a.ctx_in != 0) || (a.ctx_size_out != 0) != (a.ctx_out != 0)) return -EINVAL;
  int error = 0;
  const auto program = find<ProgramObject>(a.prog_fd, ObjectKind::program, error);
  if (!program) return error;
  // What is attached to the functions is asked one by one.
  if (progtypes::traces(progtypes::attached_to(*program->type, program->traits)))
    return run_tracing(*this, call, *program);
  if (progtypes::attached_to(*program->type, program->traits) == progtypes::AttachedTo::operation)
    return run_test_operation(*this, call, *program);
  if (!program->type->test_run) {
    log(fmt::format("the kernel has no test run of {} programs: run_described, or skep run, runs them",
                    program->type->name));
    return -enotsupp;
  }
  if (const std::string reason = cannot_run(*program); !reason.empty()) {
    log(reason);
    return -EOPNOTSUPP;
  }

  const BorrowedInvocation state(*program);
  const progtypes::InvocationRequest request = request_of(a, *program, executor->cpus().count());
  std::string_view unsupported;
  if (error = state->invocation->check(request, unsupported); error != 0) {
    if (!unsupported.empty()) log(fmt::format("{} are not supported", unsupported));
    return error;
  }
  if (error = read_context(a, state->invocation->known_context(), state->context); error != 0) return error;
  state->data.resize(program->type->invoked_on_packet ? a.data_size_in : 0);
  if (copy_from_user(state->data.data(), a.data_in, state->data.size()) != 0) return -EFAULT;

  Outcome outcome;
  if (error = invoke(*this, *program, *state, request, a.repeat, outcome); error != 0) return error;
  const progtypes::InvocationResults& results = outcome.results;
  if (state->invocation->measured())
    error =
        call.give(&attr::TestRun::duration, static_cast<std::uint32_t>(std::min<std::uint64_t>(outcome.each_ns, ~0U)));
  if (error == 0) error = call.give(&attr::TestRun::retval, results.acted_on ? 0 : outcome.retval);
  if (error != 0) return error;
  const int data_error = results.gives_data ? give_data(call, results.data) : 0;
  const int context_error = results.gives_context ? give_context(call, results) : 0;
  return data_error != 0 ? data_error : context_error;
}

// A link that the host fires: for types that are run on packets its bytes are the packet, for others the context. What
// the program made of them goes back to where they came from, as far as there is room.
std::uint32_t Kernel::Impl::run_on_bytes(const ProgramObject& program, void* bytes, std::size_t size, int& error) {
  error = -EOPNOTSUPP;
  if (const std::string reason = cannot_run(program); !reason.empty()) return log(reason), 0;
  if (program.type->make_invocation == nullptr && program.code->code().context_pointers) {
    log(fmt::format(
        "program '{}' cannot be fired: it reads pointers from its context, which bytes of the host's are not",
        program.name));
    return 0;
  }
  if (size > most_fired_bytes) {
    error = -E2BIG;
    return 0;
  }
  const bool on_packet = program.type->invoked_on_packet;
  const BorrowedInvocation state(program);
  progtypes::InvocationRequest request;
  (on_packet ? request.data_size : request.context_size) = static_cast<std::uint32_t>(size);
  request.has_context = !on_packet;
  request.context_used = program.context_used;
  request.cpus = executor->cpus().count();
  std::string_view unsupported;
  if (error = state->invocation->check(request, unsupported); error != 0) {
    if (!unsupported.empty()) log(fmt::format("{} are not supported", unsupported));
    return 0;
  }
  const auto* given = static_cast<const std::uint8_t*>(bytes);
  state->data.assign(given, given + (on_packet ? size : 0));
  state->context.assign(given, given + (on_packet ? 0 : size));
  if (const auto known = state->invocation->known_context()) state->context.resize(*known);
  Outcome outcome;
  if (error = invoke(*this, program, *state, request, 1, outcome); error != 0) return 0;
  const std::span<const std::uint8_t> back = on_packet ? outcome.results.data : outcome.results.context;
  std::ranges::copy(back.first(std::min(size, back.size())), static_cast<std::uint8_t*>(bytes));
  return outcome.retval;
}

}  // namespace skep
