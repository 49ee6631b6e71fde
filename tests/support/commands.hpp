// bpf(2) commands as one-liners, for tests of everything above the kernel layer.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "isa/insn.hpp"
#include "kernel/attr.hpp"
#include "skep/kernel.hpp"
#include "support/engine.hpp"

namespace skep::test {

inline std::uint64_t address_of(const void* p) {
  return reinterpret_cast<std::uint64_t>(p);
}

// A Kernel with the built-in types, so that tests do not depend on the machine's.
inline std::unique_ptr<Kernel> make_kernel(unsigned cpus = 2) {
  KernelOptions options;
  options.cpus = cpus;
  options.host_btf = false;
  options.engine = engine_under_test();
  std::string error;
  auto kernel = Kernel::make(options, error);
  EXPECT_NE(kernel, nullptr) << error;
  return kernel;
}

struct Bpf {
  Kernel& kernel;

  template <typename Attr>
  int command(Command which, Attr& attr) {
    return kernel.bpf(static_cast<int>(which), &attr, Attr::last_field_end);
  }
  int map(MapType type, std::uint32_t key, std::uint32_t value, std::uint32_t entries, std::uint32_t flags = 0,
          const char* name = "m") {
    attr::MapCreate attr{};
    attr.map_type = static_cast<std::uint32_t>(type);
    attr.key_size = key;
    attr.value_size = value;
    attr.max_entries = entries;
    attr.map_flags = flags;
    std::strncpy(attr.map_name, name, sizeof attr.map_name - 1);
    return command(Command::map_create, attr);
  }
  int element(Command which, int fd, const void* key, const void* value, std::uint64_t flags = 0) {
    attr::MapElem attr{};
    attr.map_fd = static_cast<std::uint32_t>(fd);
    attr.key = address_of(key);
    attr.value = address_of(value);
    attr.flags = flags;
    return command(which, attr);
  }
  template <typename Key, typename Value>
  int update(int fd, Key key, Value value, std::uint64_t flags = 0) {
    return element(Command::map_update_elem, fd, &key, &value, flags);
  }
  template <typename Value, typename Key>
  int lookup(int fd, Key key, Value& value) {
    return element(Command::map_lookup_elem, fd, &key, &value);
  }
  template <typename Key>
  int erase(int fd, Key key) {
    return element(Command::map_delete_elem, fd, &key, nullptr);
  }
  // The log of the last load is in `log`.
  int load(ProgType type, const std::vector<Insn>& insns, const char* license = "GPL", std::uint32_t flags = 0) {
    log.assign(1 << 16, 0);
    attr::ProgLoad attr{};
    attr.prog_type = static_cast<std::uint32_t>(type);
    attr.insns = address_of(insns.data());
    attr.insn_cnt = static_cast<std::uint32_t>(insns.size());
    attr.license = address_of(license);
    attr.log_buf = address_of(log.data());
    attr.log_size = static_cast<std::uint32_t>(log.size());
    attr.log_level = 1;
    attr.prog_flags = flags;
    const int result = command(Command::prog_load, attr);
    log.resize(std::strlen(log.c_str()));
    return result;
  }
  std::string log;
};

}  // namespace skep::test
