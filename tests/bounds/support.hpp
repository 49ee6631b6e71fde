// A Kernel with limits, and tests/bounds/bounds.bpf.c loaded into it. Limits are counted in instructions, so that no
// test depends on time.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "skep/skep.hpp"

namespace skep::test {

inline constexpr std::uint64_t enough = 1'000'000;  // instructions: more than whatever ends needs
inline constexpr std::uint64_t a_minute = 60'000'000'000;

// The host's objects: how many of them programs hold.
struct HostObjects {
  std::uint64_t taken = 0, given = 0;
};
inline std::uint64_t app_take(const HostCall& call) {
  auto& objects = *static_cast<HostObjects*>(call.user);
  ++objects.taken;
  return reinterpret_cast<std::uint64_t>(&objects);
}
inline std::uint64_t app_give(const HostCall& call) {
  return ++static_cast<HostObjects*>(call.user)->given;
}

inline HostModule bounds_module(HostObjects& objects) {
  HostModule module;
  module.name = "app";
  module.types = {"struct app_object { u64 number; }", "struct app_ops { int (*choose)(u64 a, u64 b); }"};
  module.struct_ops = {"app_ops"};
  module.kfuncs = {
      {"struct app_object *app_take(void)", host_acquire | host_ret_null, all_program_types, app_take, &objects},
      {"void app_give(struct app_object *object)", host_release, all_program_types, app_give, &objects, "app_object"},
      {"unsigned int app_nowhere(int value)"},
      {"int app_unsupported(int value)"}};
  module.functions = {"int app_hook(u64 a, u64 b)"};
  module.modifiable = {"app_hook"};
  return module;
}

struct Bounded {
  explicit Bounded(KernelOptions options = {.host_btf = false, .run_limits = {.instructions = enough}},
                   const char* file = "bounds") {
    options.cpus = 1;
    options.modules = {bounds_module(objects)};
    auto made = make_kernel(options);
    EXPECT_TRUE(made) << made.message();
    if (!made) return;
    kernel = *made;
    kernel->on_run_stopped([this](const StoppedRun& run) { stopped.push_back(run); });
    auto loaded = Object::load(kernel, fmt::format("{}/{}.bpf.o", BOUNDS_OBJECTS, file));
    EXPECT_TRUE(loaded || options.host_btf) << loaded.message();
    if (loaded) object = *loaded;
  }
  Result<RunResult> run(const char* program, std::optional<RunLimits> limits = {}) const {
    auto found = object.program(program);
    EXPECT_TRUE(found) << found.message();
    static const std::vector<std::uint8_t> packet(64, 1);
    RunInput input;
    if (found->type() != ProgType::syscall) input.packet = packet;
    input.limits = limits;
    return found->run(input);
  }
  HostObjects objects;
  std::vector<StoppedRun> stopped;
  std::shared_ptr<Kernel> kernel;
  Object object;
};

}  // namespace skep::test
