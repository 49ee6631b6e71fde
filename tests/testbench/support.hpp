// The bench's object in a Kernel whose clock stands.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "skep/skep.hpp"

namespace skep::testbench::test {

struct Bench {
  explicit Bench(const LoadOptions& load = {}) {
    KernelOptions options;
    options.cpus = 2;
    options.clock_ns = 1'000'000'000;
    options.random_seed = 1;
    auto made = make_kernel(options);
    EXPECT_TRUE(made) << made.message();
    kernel = *made;
    auto loaded = Object::load(kernel, BENCH_OBJECTS "/bench.bpf.o", load);
    EXPECT_TRUE(loaded) << loaded.message();
    object = *loaded;
  }
  Map map(const char* name) const { return *object.map(name); }
  Program program(const char* name) const { return *object.program(name); }
  std::shared_ptr<Kernel> kernel;
  Object object;
};

inline std::vector<std::uint8_t> udp_packet() {
  std::vector<std::uint8_t> packet(60);
  const std::uint8_t head[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,  0, 0, 0, 0,  1, 8, 0, 0x45, 0,    0, 46, 0, 1,
                               0,    0,    64,   17,   0,    0,    10, 0, 0, 1, 10, 0, 0, 2, 3,    0xe8, 0, 53, 0, 26};
  std::copy(std::begin(head), std::end(head), packet.begin());
  return packet;
}

}  // namespace skep::testbench::test
