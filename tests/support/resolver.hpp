// What verifier tests give for the maps and types that a program names: maps by made-up descriptors, no kernel types
// unless they are set.
#pragma once

#include <cerrno>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "verifier/verifier.hpp"

namespace skep::test {

class FakeKfuncs : public calls::KfuncRegistry {
 public:
  const calls::Kfunc* find(std::string_view name) const override { return calls::find_kfunc(name); }
};

class FakeResolver : public verifier::Resolver {
 public:
  std::shared_ptr<const btf::Btf> kernel;

  // Adds the map that `r1 = map FD` names; its attributes may be changed until the program is verified.
  maps::MapInfo& add(int fd, MapType type, std::string name, std::uint32_t key_size, std::uint32_t value_size,
                     std::uint32_t max_entries = 1) {
    auto& map = maps_[fd];
    map.type = type;
    map.name = std::move(name);
    map.id = static_cast<std::uint32_t>(fd);
    map.key_size = key_size;
    map.value_size = value_size;
    map.max_entries = max_entries;
    if (type == MapType::array) map.value_address = 0x10000000ULL * static_cast<unsigned>(fd);
    return map;
  }

  const maps::MapInfo* map_by_fd(int fd, int& error) override {
    auto it = maps_.find(fd);
    if (it != maps_.end()) return &it->second;
    error = -EBADF;
    return nullptr;
  }
  const maps::MapInfo* map_by_index(std::uint32_t index, int& error) override {
    return map_by_fd(static_cast<int>(index), error);
  }
  std::uint64_t map_address(const maps::MapInfo& map) override { return reinterpret_cast<std::uint64_t>(&map); }
  std::shared_ptr<const btf::Btf> kernel_btf() override { return kernel; }
  std::shared_ptr<const btf::Btf> btf_by_index(std::uint32_t, int& error) override {
    error = -EBADF;
    return nullptr;
  }
  const calls::KfuncRegistry& kfuncs() override { return kfuncs_; }

 private:
  std::map<int, maps::MapInfo> maps_;
  FakeKfuncs kfuncs_;
};

}  // namespace skep::test
