// What a generated program lives in: maps, kernel types and calls, a context with a packet. Two worlds made from the
// same choices are alike, so that two runs can be compared.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "async/executor.hpp"
#include "maps/map.hpp"
#include "runtime/context.hpp"
#include "verifier/verifier.hpp"

namespace skep {
class Kernel;
}

namespace skep::fuzz {

// Descriptors of the maps that programs may name.
inline constexpr int one_map = 3, rows_map = 4, hash_map = 5, ring_map = 6, wq_map = 7, rodata_map = 8;
inline constexpr std::uint32_t one_size = 48, rows_size = 64, rows_count = 4, hash_size = 32, wq_size = 32,
                               rodata_size = 16;

// Types and calls, made once and shared by all worlds.
class Types {
 public:
  Types();
  ~Types();
  // The BTF id by which a program calls it (with offset 1); 0: there is none.
  std::int32_t kfunc(std::string_view name) const;
  std::shared_ptr<const btf::Btf> kernel_btf, module_btf;
  std::shared_ptr<const btf::Btf> value_btf;    // the wq map's
  std::shared_ptr<const btf::Btf> program_btf;  // of programs' functions
  std::array<btf::TypeId, 16> functions{};
  btf::TypeId wq_value = 0, key = 0;
  const calls::KfuncRegistry& kfuncs() const;

 private:
  void make_calls();
  void make_functions();
  std::unique_ptr<Kernel> kernel_;
};

// Time stands still, chance is a counter.
class Services final : public runtime::Services {
 public:
  explicit Services(async::Executor& executor) : executor_(executor) {}
  std::uint64_t monotonic_ns() override { return 1'000'000'007; }
  std::uint64_t boot_ns() override { return 2'000'000'011; }
  std::uint64_t realtime_ns() override { return 3'000'000'019; }
  std::uint32_t random_u32() override {
    random = random * 6364136223846793005 + 1442695040888963407;
    return static_cast<std::uint32_t>(random >> 32);
  }
  std::uint64_t pid_tgid() override { return 11; }
  std::uint64_t uid_gid() override { return 22; }
  std::string_view comm() override { return "fuzz"; }
  unsigned cpu_count() override { return 1; }
  async::Executor& executor() override { return executor_; }
  void trace_printk(std::string_view) override {}
  int read_memory(void*, std::uint64_t, std::size_t) override { return -14; }
  int write_memory(std::uint64_t, const void*, std::size_t) override { return -14; }
  std::uint64_t random = 0;

 private:
  async::Executor& executor_;
};

struct Area {
  std::uint64_t begin = 0, size = 0;
  bool contains(std::uint64_t address, std::uint64_t bytes) const {
    return address >= begin && bytes <= size && address - begin <= size - bytes;
  }
};

class World final : public verifier::Resolver {
 public:
  World(const Types& types, ProgType type);
  ~World() override;

  // Fills maps, packet and context; the same seed, the same contents.
  void fill(std::uint64_t seed);
  // Everything that a run may have changed and that does not depend on addresses.
  std::vector<std::uint8_t> contents();
  // The values that a map has now.
  std::vector<Area> values(const maps::MapInfo& info) const;
  // Lets asynchronous work run.
  void drain();

  void* context() { return context_.address(); }
  std::uint32_t context_bytes() const;
  Area packet();  // from data to data_end
  const maps::Map* map(const maps::MapInfo& info) const;
  const std::map<int, std::shared_ptr<maps::Map>>& maps() const { return maps_; }
  runtime::Services& services() { return services_; }

  const maps::MapInfo* map_by_fd(int fd, int& error) override;
  const maps::MapInfo* map_by_index(std::uint32_t index, int& error) override;
  std::uint64_t map_address(const maps::MapInfo& info) override;
  std::shared_ptr<const btf::Btf> kernel_btf() override { return types_.kernel_btf; }
  std::shared_ptr<const btf::Btf> btf_by_index(std::uint32_t index, int& error) override;
  const calls::KfuncRegistry& kfuncs() override { return types_.kfuncs(); }

 private:
  std::shared_ptr<maps::Map> make(int fd) const;
  void fill_map(int fd, maps::Map& map, std::uint64_t seed);

  const Types& types_;
  ProgType type_;
  std::unique_ptr<async::Executor> executor_;
  Services services_;
  std::map<int, std::shared_ptr<maps::Map>> maps_;
  runtime::Context context_;
  runtime::Packet packet_;
};

}  // namespace skep::fuzz
