// A Kernel with a host module, and tests/api/api.bpf.c loaded into it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "skep/skep.hpp"

namespace skep::test {

inline const std::string api_object = API_OBJECT;
inline constexpr std::uint64_t a_minute = 60'000'000'000;

// What the host's functions saw.
struct Host {
  std::vector<std::uint64_t> sizes;
  Kernel* kernel = nullptr;
  bool throws = false;
};

inline std::uint64_t app_sum(const HostCall& call) {
  auto& host = *static_cast<Host*>(call.user);
  host.sizes.assign(call.sizes.begin(), call.sizes.end());
  host.kernel = &call.kernel;
  if (host.throws) throw std::runtime_error("not today");
  std::uint64_t total = 0;
  for (std::uint64_t i = 0; i < call.sizes[0]; ++i) total += call.pointer<const std::uint8_t>(0)[i];
  return total;
}
inline std::uint64_t app_number(const HostCall& call) {
  return call[0] + 1;
}

inline HostModule app_module(Host& host) {
  HostModule module;
  module.name = "app";
  module.types = {"struct app_ops { int (*choose)(u64 a, u64 b); int (*unused)(u64 a); }"};
  module.struct_ops = {"app_ops"};
  module.kfuncs = {{"u64 app_sum(const u8 *data, u32 data__sz)", 0, all_program_types, app_sum, &host},
                   {"u64 app_number(u64 number)", 0, all_program_types, app_number}};
  module.functions = {"int app_hook(u64 a, u64 b)"};
  module.modifiable = {"app_hook"};
  return module;
}

struct Loaded {
  explicit Loaded(bool pumped = false) {
    KernelOptions options;
    options.cpus = 2;
    options.host_btf = false;
    options.pumped = pumped;
    options.modules = {app_module(host)};
    auto made = make_kernel(options);
    EXPECT_TRUE(made) << made.message();
    if (!made) return;
    kernel = *made;
    auto loaded = Object::load(kernel, api_object);
    EXPECT_TRUE(loaded) << loaded.message();
    if (loaded) object = *loaded;
  }
  Program program(const char* name) const {
    auto found = object.program(name);
    EXPECT_TRUE(found) << found.message();
    return found ? *found : Program();
  }
  Map map(const char* name) const {
    auto found = object.map(name);
    EXPECT_TRUE(found) << found.message();
    return found ? *found : Map();
  }
  Host host;
  std::shared_ptr<Kernel> kernel;
  Object object;
};

inline std::vector<std::uint8_t> file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

}  // namespace skep::test
