// Skep's own way to run a program: the context comes as JSON, and the report says what was read that was not in it.
//
// Types that the kernel test-runs on a packet or on bytes keep their invocation, whose bytes are laid out here by the
// struct that their programs see; the others have one of their own (progtypes/described.hpp). Tested
// by tests/types/types_test.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "describe/objects.hpp"
#include "describe/value.hpp"
#include "kernel/guarded.hpp"
#include "kernel/invoke.hpp"
#include "kernel/map_target.hpp"
#include "kernel/run_watch.hpp"
#include "kernel/symbols.hpp"
#include "progtypes/described.hpp"
#include "rcu/rcu.hpp"
#include "skep/describe.hpp"

namespace skep {
namespace {

// Notes what a run reads of the objects. Calls that copy memory for programs read, too.
class ReadReport final : public runtime::RunObserver {
 public:
  explicit ReadReport(describe::Objects& objects) : objects_(objects) {}
  void access(const runtime::Program&, std::uint32_t, const Access& access) override {
    if (access.reads) objects_.read(access.address, access.size);
    if (access.writes) objects_.written(access.address, access.size);
  }
  void call(const runtime::Program& program, std::uint32_t pc, const std::array<std::uint64_t, 5>& arguments) override {
    constexpr std::uint32_t probe_read = 4, probe_read_kernel = 113;
    const calls::Helper* const helper = program.code().facts[pc].helper;
    if (helper != nullptr && (helper->id == probe_read || helper->id == probe_read_kernel))
      objects_.read(arguments[2], static_cast<std::uint32_t>(arguments[1]));
  }

 private:
  describe::Objects& objects_;
};

// Whether what a run was shown may be pointed to when it is over.
bool may_keep_objects(const runtime::Program& program) {
  return std::ranges::any_of(program.code().facts, [](const runtime::InsnFacts& facts) {
    return (facts.kfunc != nullptr && (facts.kfunc->flags & calls::call_flag::acquire) != 0) ||
           (facts.helper != nullptr && facts.helper->special == calls::Special::kptr_xchg);
  });
}

// The struct that the bytes of a context have for the programs of the type.
btf::TypeId context_struct(const ProgramObject& program, const progtypes::Invocation& invocation,
                           const btf::Btf& types) {
  if (const auto* const described = dynamic_cast<const progtypes::DescribedBytes*>(&invocation); described != nullptr)
    return types.find(described->described_as(), btf::Kind::struct_);
  if (!program.type->context_is_memory) return types.find(program.type->context_type, btf::Kind::struct_);
  // The argument is the program's own.
  if (program.func_info.empty()) return 0;
  const btf::Type& prototype = types.type(types.type(program.func_info[0].type).type);
  const auto params = prototype.kind == btf::Kind::func_proto ? types.params(prototype) : std::span<const btf::Param>{};
  return params.empty() ? 0 : types.pointee(params[0].type).value_or(0);
}

btf::TypeId prototype_behind(const btf::Btf& types, btf::TypeId id) {
  for (int depth = 0; depth < 8 && id != 0 && types.type(id).kind != btf::Kind::func_proto; ++depth)
    id = types.type(id).type;
  return id != 0 && types.type(id).kind == btf::Kind::func_proto ? id : 0;
}

// How the program is called as a function of the kernel. `target`: what a link, or the caller, says that it is attached
// to; for types whose programs do not say so themselves.
progtypes::Signature signature_of(const Kernel::Impl& kernel, const ProgramObject& program, std::string_view target) {
  progtypes::Signature signature;
  const btf::Btf& kernel_types = *kernel.vmlinux->btf;
  const auto function = [&](const std::string& name, btf::Kind kind) {
    const btf::TypeId found = kernel_types.find(name, kind);
    return found != 0 ? prototype_behind(kernel_types, found) : 0;
  };
  const auto tracepoint = [&](std::string_view event) {
    signature.first = 1;  // the first is the registration's
    signature.named = function("__bpf_trace_" + std::string(event), btf::Kind::func);
  };
  switch (progtypes::attached_to(*program.type, program.traits)) {
    case progtypes::AttachedTo::nothing:  // the target alone says it
      signature.function = target;
      signature.session = program.attach_type == AttachType::trace_kprobe_session ||
                          program.attach_type == AttachType::trace_uprobe_session;
      if (program.type->opened_by_name) {
        signature.types = &kernel_types;
        if (!target.empty()) signature.prototype = function("btf_trace_" + std::string(target), btf::Kind::typedef_);
        if (signature.prototype != 0) tracepoint(target);
      } else if (!target.empty()) {
        signature.prototype = function(std::string(target), btf::Kind::func);
        if (signature.prototype != 0) signature.types = &kernel_types;
      }
      return signature;
    case progtypes::AttachedTo::program:
      return signature;
    case progtypes::AttachedTo::tracepoint:
      tracepoint(program.attach_function);
      break;
    case progtypes::AttachedTo::iterator:
      signature.iterates = true;
      break;
    case progtypes::AttachedTo::function:
      signature.session =
          program.attach_type == AttachType::trace_fsession || program.attach_type == AttachType::trace_fsession_multi;
      break;
    case progtypes::AttachedTo::operation:
      // The member's stub has names for the parameters, where the kernel has one.
      signature.named = function(program.struct_ops_type + "__" + program.struct_ops_member, btf::Kind::func);
      break;
    default:
      break;
  }
  signature.types = program.family.types.get();
  signature.prototype = program.family.prototype;
  signature.function = program.attach_function;
  return signature;
}

// Values that programs have stored for the objects go with them.
void forget(Kernel::Impl& kernel, const describe::Objects& objects) {
  objects.for_each([&](std::uint64_t at) {
    forget_owner(kernel, reinterpret_cast<void*>(at));  // NOLINT(performance-no-int-to-ptr)
  });
}

class Described {
 public:
  Described(Kernel::Impl& kernel, const ProgramObject& program, const DescribedRun& run, std::string_view target)
      : kernel_(kernel), program_(program), run_(run), target_(target) {}

  int run(DescribedResult& result) {
    if (const std::string reason = cannot_run(program_); !reason.empty()) return kernel_.log(reason), -EOPNOTSUPP;
    const progtypes::ProgTypeDef& type = *program_.type;
    if (progtypes::attached_to(type, program_.traits) == progtypes::AttachedTo::program)
      return refuse("it replaces a function of another program: attach it, and run that", -EOPNOTSUPP);
    std::string complaint;
    if (!run_.context.empty()) {
      described_ = describe::parse(run_.context, complaint);
      if (!described_) return refuse(complaint, -EINVAL);
    }
    const auto invocation = progtypes::make_described(type, program_.traits);
    const progtypes::Signature signature = signature_of(kernel_, program_, target_);
    const btf::Btf* types = kernel_.vmlinux->btf.get();
    if (invocation == nullptr && type.context_is_memory && program_.btf != nullptr) types = program_.btf->btf.get();
    if (invocation != nullptr && signature.types != nullptr) types = signature.types;
    const auto objects = std::make_shared<describe::Objects>(*types, kernel_.account->shared_territory());
    const int error = invocation == nullptr ? run_on_bytes(*objects, *types, result)
                                            : run_invocation(*invocation, *objects, signature, result);
    forget(kernel_, *objects);
    if (may_keep_objects(*program_.code)) {
      const std::unique_lock guard(kernel_.lock);
      kernel_.kept_objects.push_back(objects);
    }
    return error;
  }

 private:
  int refuse(std::string_view why, int error) {
    kernel_.log(fmt::format("program '{}' was not run: {}", program_.name, why));
    return error;
  }

  int run_invocation(progtypes::DescribedInvocation& invocation, describe::Objects& objects,
                     const progtypes::Signature& signature, DescribedResult& result) {
    const progtypes::DescribedRequest request{.described = described_ ? &*described_ : nullptr,
                                              .data = run_.packet,
                                              .context = run_.bytes,
                                              .context_used = program_.context_used,
                                              .record_used = program_.tracepoint_buffer_used,
                                              .signature = signature,
                                              .addresses = kernel_.symbol_addresses.get(),
                                              .types = *kernel_.vmlinux->btf,
                                              .objects = objects};
    if (const int error = invocation.make(request); error != 0) return refuse(invocation.complaint(), error);
    ReadReport report(objects);
    const auto context = reinterpret_cast<std::uint64_t>(invocation.context());
    const engine::RunPtr run = program_.code->executable()->make_run({.entry = program_.code->entry(),
                                                                      .arguments = {context},
                                                                      .context = invocation.context(),
                                                                      .services = *kernel_.services,
                                                                      .observer = described_ ? &report : nullptr,
                                                                      .limits = limits_of_this_thread()});
    const std::uint64_t begin = kernel_.services->limit_clock_ns();
    const std::uint32_t repeat = std::max(run_.repeat, 1U);
    RunMeter meter(kernel_, program_);
    bool first = true;
    for (std::uint32_t i = 0; i < repeat && !(run->stopped() && !first); ++i)
      for (std::uint32_t part = 0; part < invocation.runs(); ++part) {
        invocation.before_run();
        if (!first) run->restart({context});
        first = false;
        run_in_scope(kernel_, *run);
        meter.count(1);
        if (run->stopped() || !invocation.goes_on(run->result())) break;
      }
    result.each_ns = (kernel_.services->limit_clock_ns() - begin) / repeat;
    result.verdict = static_cast<std::uint32_t>(run->result());
    note_redirection(program_, runtime::Context::header_of(invocation.context()).packet, result.verdict);
    const progtypes::DescribedResults left = invocation.take();
    result.packet.assign(left.data.begin(), left.data.end());
    result.context.assign(left.context.begin(), left.context.end());
    result.output = left.output;
    result.not_given.clear();
    if (described_) {
      const auto& missed = objects.read_without_being_given();
      result.not_given.assign(missed.begin(), missed.end());
    }
    return error_of(run->stop_reason());
  }

  // For types that the kernel test-runs: their invocation takes bytes.
  int run_on_bytes(describe::Objects& objects, const btf::Btf& types, DescribedResult& result) {
    InvocationState state;
    state.invocation = program_.type->make_invocation();
    state.data.assign(run_.packet.begin(), run_.packet.end());
    state.context.assign(run_.bytes.begin(), run_.bytes.end());
    if (described_)
      if (const int error = lay_out(objects, types, *state.invocation, state.context); error != 0) return error;
    constexpr std::size_t default_packet = 64;
    if (program_.type->invoked_on_packet && state.data.empty()) {
      state.data.resize(default_packet);
      if (const auto* const described = dynamic_cast<const progtypes::DescribedBytes*>(state.invocation.get());
          described != nullptr)
        described->dress_packet(state.data, state.context);
    }
    if (program_.type->context_is_memory && state.context.empty()) state.context.resize(program_.context_used);
    progtypes::InvocationRequest request;
    request.data_size = static_cast<std::uint32_t>(state.data.size());
    request.context_size = static_cast<std::uint32_t>(state.context.size());
    request.has_context = described_ || !run_.bytes.empty();
    request.context_used = program_.context_used;
    request.cpus = kernel_.executor->cpus().count();
    std::string_view unsupported;
    if (const int error = state.invocation->check(request, unsupported); error != 0)
      return unsupported.empty() ? error : refuse(fmt::format("{} are not supported", unsupported), error);
    if (const auto known = state.invocation->known_context(); known) state.context.resize(*known);
    Outcome outcome;
    if (const int error = invoke(kernel_, program_, state, request, run_.repeat, outcome); error != 0)
      return error == -EINVAL ? refuse("a test run does not take this context", error) : error;
    result.verdict = outcome.retval;
    result.each_ns = outcome.each_ns;
    result.packet.assign(outcome.results.data.begin(), outcome.results.data.end());
    result.context.assign(outcome.results.context.begin(), outcome.results.context.end());
    return 0;
  }
  int lay_out(describe::Objects& objects, const btf::Btf& types, const progtypes::Invocation& invocation,
              std::vector<std::uint8_t>& context) {
    const btf::TypeId type = context_struct(program_, invocation, types);
    const auto size = type != 0 ? types.size_of(type) : std::nullopt;
    if (!size) return refuse("the types do not say what its context is: give it as bytes", -EINVAL);
    auto* const at = static_cast<std::uint8_t*>(objects.make(type, ""));
    if (at == nullptr || !objects.put(*described_, type, at, "") || !objects.connect())
      return refuse(objects.error(), -EINVAL);
    context.assign(at, at + *size);
    return 0;
  }

  Kernel::Impl& kernel_;
  const ProgramObject& program_;
  const DescribedRun& run_;
  const std::string_view target_;
  std::optional<describe::Value> described_;
};

}  // namespace

bool has_test_run(ProgType type) {
  const auto* const definition = progtypes::find(type);
  return definition == nullptr || definition->test_run || type == ProgType::tracing;
}

int run_described(Kernel& kernel, int program_fd, const DescribedRun& run, DescribedResult& result) {
  Kernel::Impl& impl = kernel.impl();
  impl.begin_command();
  return errno_of([&] {
    int error = 0;
    const auto program = impl.find<ProgramObject>(static_cast<std::uint32_t>(program_fd), ObjectKind::program, error);
    return program ? Described(impl, *program, run, run.target).run(result) : error;
  });
}

int fire_described(Kernel& kernel, std::uint32_t link_id, const DescribedRun& run, DescribedResult& result) {
  Kernel::Impl& impl = kernel.impl();
  impl.begin_command();
  return errno_of([&] {
    std::shared_ptr<ProgramObject> program;
    std::string target;
    {
      const std::shared_lock guard(impl.lock);
      if (const auto object = impl.table(ObjectKind::link).find(link_id); object != nullptr) {
        program = static_cast<const LinkObject&>(*object).program;
        target = static_cast<const LinkObject&>(*object).target;
      }
    }
    if (!program) return -ENOENT;
    return Described(impl, *program, run, run.target.empty() ? std::string_view(target) : run.target).run(result);
  });
}

}  // namespace skep
