// See skep/testing.hpp.
#include "skep/testing.hpp"

#include <fmt/format.h>

#include <cerrno>

#include "kernel/guarded.hpp"
#include "kernel/impl.hpp"
#include "kernel/process.hpp"
#include "kernel/testing.hpp"
#include "maps/perf_events.hpp"
#include "runtime/program.hpp"
#include "skep/describe.hpp"

namespace skep {

bool advance_clock(Kernel& kernel, std::uint64_t ns) {
  Kernel::Impl& impl = kernel.impl();
  const ReturnToUser back(impl);
  return impl.pumped != nullptr && impl.pumped->advance(ns);
}
bool set_clock(Kernel& kernel, std::uint64_t ns, std::uint64_t realtime_ns) {
  Kernel::Impl& impl = kernel.impl();
  return impl.pumped != nullptr && impl.pumped->set_clock({ns, realtime_ns});
}
void seed_random(Kernel& kernel, std::uint64_t seed) {
  kernel.impl().services->seed(seed);
}
const btf::Btf& types_of_kernel(Kernel& kernel) {
  return *kernel.impl().vmlinux->btf;
}
void observe_runs(Kernel& kernel, runtime::RunObserver* observer) {
  kernel.impl().services->observer = observer;
}
void watch_verification(Kernel& kernel, VerificationWatch watch) {
  kernel.impl().verification_watch = std::move(watch);
}
std::optional<LoadedCode> code_of(Kernel& kernel, int program_fd) {
  int error = 0;
  const auto program =
      kernel.impl().find<ProgramObject>(static_cast<std::uint32_t>(program_fd), ObjectKind::program, error);
  if (program == nullptr) return std::nullopt;
  LoadedCode loaded{program->code, program->btf != nullptr ? program->btf->btf : nullptr, {}};
  for (const verifier::LineInfo& info : program->line_info)
    loaded.lines.push_back({info.insn_off, info.file_name_off, info.line_off, info.line_col});
  return loaded;
}
std::uint64_t clock_now(Kernel& kernel) {
  return kernel.impl().executor->now_ns();
}

// The names are literals, which end with a zero.
const char* verdict_name(ProgType type, std::uint32_t verdict) {
  const auto* const definition = progtypes::find(type);
  const auto name = definition != nullptr ? progtypes::verdict_name(*definition, static_cast<std::int32_t>(verdict))
                                          : std::string_view();
  return name.empty() ? "" : name.data();
}
const char* program_type_name(ProgType type) {
  const auto* const definition = progtypes::find(type);
  return definition != nullptr ? definition->name.data() : "unknown";
}

void on_trace_line(Kernel& kernel, std::function<void(const TraceLine&)> listener) {
  kernel.impl().services->trace_lines.set(std::move(listener));
}
void on_perf_record(Kernel& kernel, std::function<void(const PerfRecord&)> listener) {
  kernel.impl().services->perf_records.set(std::move(listener));
}

namespace {

// Calls `set` with the helper, or with null for a kfunc, if the call may be mocked; `refused(kfunc)` says why it may
// not by such a mock.
template <typename Set, typename Refused>
int mock_call_with(Kernel& kernel, std::string_view call, Refused&& refused, Set&& set) {
  Kernel::Impl& impl = kernel.impl();
  impl.begin_command();
  return errno_of([&] {
    const calls::Helper* const helper = calls::find_helper(call);
    const calls::Kfunc* const kfunc = helper == nullptr ? impl.kfuncs.find(call) : nullptr;
    if (helper == nullptr && kfunc == nullptr) return impl.log(fmt::format("there is no call {}", call)), -ENOENT;
    std::string_view why = helper != nullptr ? Mocks::refused(*helper) : Mocks::refused(*kfunc);
    if (why.empty()) why = refused(kfunc);
    if (!why.empty()) return impl.log(fmt::format("{} cannot be mocked: {}", call, why)), -EOPNOTSUPP;
    set(helper);
    return 0;
  });
}

}  // namespace

int mock_call(Kernel& kernel, std::string_view call, MockFunction function) {
  return mock_call_with(
      kernel, call, [](const calls::Kfunc*) { return std::string_view(); },
      [&](const calls::Helper*) { kernel.impl().services->mocks().set(call, std::move(function)); });
}

int mock_call_by(Kernel& kernel, std::string_view call, std::string_view function) {
  return mock_call_with(
      kernel, call,
      [&](const calls::Kfunc* kfunc) {
        const bool of_module = kfunc != nullptr && kernel.impl().vmlinux->btf->find(call, btf::Kind::func) == 0;
        return std::string_view(of_module ? "no function of a program can stand in for a module's" : "");
      },
      [&](const calls::Helper* helper) {
        kernel.impl().services->mocks().set_function(call, helper != nullptr ? helper->id : 0, function);
      });
}
std::uint64_t mocked_calls(Kernel& kernel, std::string_view call) {
  return kernel.impl().services->mocks().calls(call);
}
std::vector<ReplacedCall> replaced_calls() {
  Kernel* const kernel = existing_kernel();
  return kernel != nullptr ? kernel->impl().services->mocks().replaced() : std::vector<ReplacedCall>();
}

void note_replaced_places(std::vector<ReplacedPlace> places) {
  if (Kernel* const kernel = existing_kernel(); kernel != nullptr)
    kernel->impl().services->mocks().set_places(std::move(places));
}

void KernelServices::printed(runtime::CallEnv& env, std::string_view line) {
  trace_printk(line);
  if (!trace_lines.listens()) return;
  trace_lines.tell({std::string(line), env.program().name(), env.cpu()},
                   [this](const auto& listener, const TraceLine& told) {
                     guarded(kernel_, "the listener of on_trace_line", [&] { listener(told); });
                   });
}

int KernelServices::perf_output(runtime::CallEnv& env, const maps::Map& map, std::uint32_t index, const void* data,
                                std::size_t size) {
  maps::PerfEvent* const event = maps::perf_event_at(map, index);
  const int error = event != nullptr ? event->output(env.cpu(), data, size) : -ENOENT;
  if (!perf_records.listens()) return error;
  const auto* const bytes = static_cast<const std::uint8_t*>(data);
  perf_records.tell({map.info().name, env.program().name(), index, {bytes, bytes + size}},
                    [this](const auto& listener, const PerfRecord& told) {
                      guarded(kernel_, "the listener of on_perf_record", [&] { listener(told); });
                    });
  return event != nullptr ? error : 0;
}

runtime::CallResult KernelServices::mocked_call(runtime::CallEnv& env, const std::array<std::uint64_t, 5>& arguments) {
  runtime::CallResult result;
  guarded(kernel_, "a mock", [&] {
    if (env.call_site().stand_in >= 0) {
      result = mocks_.call_function(env, arguments, kernel_);
      return;
    }
    std::string told;
    result = mocks_.call(env, arguments, told);
    if (!told.empty()) kernel_.impl().log(told);
  });
  return result;
}

}  // namespace skep
