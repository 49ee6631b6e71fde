// skep.h: what tests of programs need. Tested by tests/api/c_test.cpp and by the Python module's tests.
#include <algorithm>

#include "api/c_handles.hpp"
#include "describe/show.hpp"
#include "skep/testing.hpp"

using skep::c::answer;
using skep::c::fail;
using skep::c::give_text;
using skep::c::protect;

int skep_kernel_advance_clock(skep_kernel* kernel, uint64_t ns) {
  return protect([&] {
    return skep::advance_clock(*kernel->kernel, ns)
               ? 0
               : fail(EOPNOTSUPP, "the Kernel's clock goes by itself, or its work restarts itself without end");
  });
}
uint64_t skep_kernel_clock(skep_kernel* kernel) {
  return skep::clock_now(*kernel->kernel);
}

void skep_kernel_on_trace_line(skep_kernel* kernel,
                               void (*listener)(void* user, const char* line, const char* program, unsigned cpu),
                               void* user) {
  protect([&] {
    if (listener == nullptr) return skep::on_trace_line(*kernel->kernel, nullptr), 0;
    skep::on_trace_line(*kernel->kernel, [listener, user](const skep::TraceLine& line) {
      listener(user, line.text.c_str(), line.program.c_str(), line.cpu);
    });
    return 0;
  });
}
void skep_kernel_on_perf_record(skep_kernel* kernel,
                                void (*listener)(void* user, const char* map, const char* program, uint32_t index,
                                                 const void* record, size_t size),
                                void* user) {
  protect([&] {
    if (listener == nullptr) return skep::on_perf_record(*kernel->kernel, nullptr), 0;
    skep::on_perf_record(*kernel->kernel, [listener, user](const skep::PerfRecord& record) {
      listener(user, record.map.c_str(), record.program.c_str(), record.index, record.bytes.data(),
               record.bytes.size());
    });
    return 0;
  });
}

int skep_kernel_mock(skep_kernel* kernel, const char* call,
                     int64_t (*function)(void* user, const skep_mocked_call* call), void* user) {
  return protect([&] {
    skep::MockFunction mock;
    if (function != nullptr)
      mock = [function, user](const skep::MockedCall& made) {
        const std::string name(made.call), program(made.program);
        skep_mocked_call told{.size = sizeof told, .call = name.c_str(), .program = program.c_str(), .cpu = made.cpu};
        std::ranges::copy(made.args, told.args);
        std::ranges::copy(made.sizes, told.sizes);
        return function(user, &told);
      };
    const int error = skep::mock_call(*kernel->kernel, call, std::move(mock));
    return error < 0 ? fail(-error, skep::Kernel::refusal()) : 0;
  });
}

int skep_kernel_mock_by(skep_kernel* kernel, const char* call, const char* function) {
  return protect([&] {
    const int error = skep::mock_call_by(*kernel->kernel, call, function != nullptr ? function : "");
    return error < 0 ? fail(-error, skep::Kernel::refusal()) : 0;
  });
}
uint64_t skep_kernel_mocked_calls(skep_kernel* kernel, const char* call) {
  return skep::mocked_calls(*kernel->kernel, call);
}

long skep_kernel_refusal(skep_kernel* kernel, char* text, size_t room) {
  std::string json = "{}";
  protect([&] {
    const skep::Kernel::LoadReport report = kernel->kernel->last_load();
    if (report.error == 0) return 0;
    json = "{\"errno\": " + std::to_string(-report.error) + ", \"line\": " + std::to_string(report.line) +
           ", \"column\": " + std::to_string(report.column);
    const std::pair<const char*, const std::string*> texts[] = {
        {"message", &report.message},       {"category", &report.category},
        {"title", &report.title},           {"reason", &report.reason},
        {"suggestion", &report.suggestion}, {"at", &report.at},
        {"function", &report.function},     {"file", &report.file},
        {"source", &report.source},         {"annotation", &report.annotation}};
    for (const auto& [name, value] : texts)
      json += ", \"" + std::string(name) + "\": " + skep::describe::quoted(*value);
    json += "}";
    return 0;
  });
  return give_text(json, text, room);
}

long skep_map_show(const skep_map* map, skep_map_part part, const void* bytes, size_t size, char* text, size_t room) {
  std::string json;
  const int error = protect([&] {
    json = map->map.show(static_cast<skep::MapPart>(part), {static_cast<const std::uint8_t*>(bytes), size});
    return 0;
  });
  return error != 0 ? error : give_text(json, text, room);
}
int skep_map_lay(const skep_map* map, skep_map_part part, const char* json, void* bytes, size_t size) {
  return protect([&] {
    auto* const at = static_cast<std::uint8_t*>(bytes);
    const auto laid = map->map.lay(static_cast<skep::MapPart>(part), json, {at, size});
    if (!laid) return answer(laid.status());
    std::ranges::copy(*laid, at);
    return 0;
  });
}
