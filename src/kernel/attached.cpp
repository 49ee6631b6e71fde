// See kernel/attached.hpp.
#include "kernel/attached.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "kernel/given.hpp"
#include "kernel/guarded.hpp"
#include "kernel/invoke.hpp"
#include "kernel/run_watch.hpp"
#include "kernel/symbols.hpp"
#include "progtypes/attach_rules.hpp"
#include "runtime/context.hpp"
#include "runtime/occasion.hpp"

namespace skep {

std::uint64_t run_on_arguments(Kernel::Impl& kernel, const ProgramObject& program, std::string_view function,
                               std::span<const std::uint64_t> args, std::uint64_t result, int& error,
                               runtime::Occasion* occasion) {
  error = 0;
  if (const std::string reason = cannot_run(program); !reason.empty()) {
    kernel.log(reason);
    error = -EOPNOTSUPP;
    return 0;
  }
  // The arguments, and behind them the result; the size is the arguments' alone (bpf_get_func_arg_cnt).
  // Arguments that the program reads and that were not given are zeros.
  const auto size = static_cast<std::uint32_t>(args.size() * 8);
  runtime::Context context(std::max(size, program.context_used) + 8);
  context.header().size = size;
  const GivenArguments given(kernel, program, function, args);
  context.header().beyond = &given;
  runtime::Occasion own;
  if (occasion == nullptr) occasion = &own;
  occasion->addresses = kernel.symbol_addresses.get();
  occasion->function = function;
  occasion->has_result = progtypes::knows_result(program.attach_type);
  context.header().object = occasion;
  if (size != 0) std::memcpy(context.address(), args.data(), size);
  std::memcpy(static_cast<std::uint8_t*>(context.address()) + size, &result, sizeof result);
  const engine::RunPtr run =
      make_run(kernel, program, reinterpret_cast<std::uint64_t>(context.address()), context.address());
  RunMeter meter(kernel, program);
  meter.count(1);
  run_in_scope(kernel, *run);
  error = error_of(run->stop_reason());
  return run->result();
}

AttachedPrograms::AttachedPrograms(Kernel::Impl& kernel, const Wanted& wanted) : kernel_(kernel) {
  const std::shared_lock guard(kernel.lock);
  kernel.table(ObjectKind::link).for_each([&](const std::shared_ptr<KernelObject>& object) {
    auto link = std::static_pointer_cast<LinkObject>(object);
    if (!link->program || !wanted(*link)) return;
    auto program = link->program;  // the link may lose it, or get another, meanwhile
    links_.emplace_back(std::move(link), std::move(program));
  });
}

void AttachedPrograms::run(std::string_view function, AttachType how, std::span<const std::uint64_t> args,
                           std::uint64_t result) const {
  int error = 0;
  for (const auto& [link, program] : links_)
    if (program->attach_type == how && link->target == function)
      run_on_arguments(kernel_, *program, function, args, result, error);
}

std::uint64_t AttachedPrograms::call(std::string_view function, std::span<const std::uint64_t> args,
                                     const std::function<std::uint64_t()>& body) const {
  int error = 0;
  for (const auto& [link, program] : links_)
    if (link->target == function && program->type->opened_by_name)
      run_on_arguments(kernel_, *program, function, args, 0, error);
  run(function, AttachType::trace_raw_tp, args, 0);
  run(function, AttachType::trace_fentry, args, 0);
  std::vector<const ProgramObject*> sessions;
  for (const auto& [link, program] : links_)
    if (program->attach_type == AttachType::trace_fsession && link->target == function)
      sessions.push_back(program.get());
  std::vector<runtime::Occasion> occasions(sessions.size());
  for (std::size_t i = 0; i < sessions.size(); ++i)
    run_on_arguments(kernel_, *sessions[i], function, args, 0, error, &occasions[i]);
  std::uint64_t result = 0;
  // A program may refuse the call by an error of its own; each is told the result so far.
  for (const auto& [link, program] : links_)
    if (result == 0 && link->target == function &&
        (program->attach_type == AttachType::modify_return || program->attach_type == AttachType::lsm_mac)) {
      result = static_cast<std::uint32_t>(run_on_arguments(kernel_, *program, function, args, result, error));
      if (error == -ETIME || error == -EINTR) result = static_cast<std::uint32_t>(error);  // it could not say yes
    }
  if (result == 0 && body) guarded(kernel_.kernel, function, [&] { result = body(); });
  run(function, AttachType::trace_fexit, args, result);
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    occasions[i].returning = true;
    run_on_arguments(kernel_, *sessions[i], function, args, result, error, &occasions[i]);
  }
  return result;
}

std::uint64_t Kernel::call_hook(std::string_view name, std::span<const std::uint64_t> args,
                                const std::function<std::uint64_t()>& body) {
  const ReturnToUser back(*impl_);
  impl_->begin_command();
  if (args.size() > most_hook_arguments) {
    impl_->log(
        fmt::format("{}: a function that programs attach to has at most {} arguments", name, most_hook_arguments));
    return 0;
  }
  const AttachedPrograms attached(*impl_, [name](const LinkObject& link) { return link.target == name; });
  return attached.call(name, args, body);
}

}  // namespace skep
