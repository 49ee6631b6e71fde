// What handles hold: an object that libbpf has loaded, and what in it they name. Everything is kept alive by shared
// ownership: a program's state keeps the object, the object keeps the Kernel. Tested by tests/api/.
#pragma once

#include <bpf/libbpf.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "loader/object.hpp"
#include "loader/types.hpp"
#include "skep/skep.hpp"

namespace skep::api {

struct ObjectState {
  std::shared_ptr<Kernel> kernel;
  loader::ObjectPtr object;  // closed before the Kernel goes
  std::string name;
  std::shared_ptr<const btf::Btf> types;                    // null: it has none
  std::map<std::string, btf::TypeId, std::less<>> records;  // of maps
};

struct ProgramState {
  std::shared_ptr<const ObjectState> object;
  bpf_program* program = nullptr;
  std::string name;
  ProgType type{};
  std::uint32_t id = 0;
  int fd = -1;
};

struct MapState {
  std::shared_ptr<const ObjectState> object;
  bpf_map* map = nullptr;
  std::string name;
  MapType type{};
  std::uint32_t id = 0, key_size = 0, value_size = 0, max_entries = 0;
  int fd = -1;
  bool per_cpu = false;
  loader::MapTypes types;
  btf::TypeId record = 0;
};

struct LinkState {
  ~LinkState();
  std::shared_ptr<const ObjectState> object;
  bpf_link* link = nullptr;
  std::uint32_t id = 0;
};

// An error of bpf(2) or libbpf: the errno value, in words, and why if the Kernel said it. `code` may be negative.
Status failure(int code, const std::string& what);
// What an empty handle answers.
Status empty_handle();

}  // namespace skep::api
