// See world.hpp. Maps are made when a program first names them.
#include "programs/world.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <span>

#include "btf/module_builder.hpp"
#include "kernel/impl.hpp"
#include "programs/choices.hpp"
#include "rcu/rcu.hpp"

namespace skep::fuzz {
namespace {

constexpr std::uint64_t drain_limit = 1'000'000;  // steps: callbacks end long before
constexpr std::size_t headroom = 64, largest_packet = 96;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "fuzz-verifier: %s\n", why.c_str());
  std::abort();
}

std::shared_ptr<const btf::Btf> parse(const std::vector<std::uint8_t>& raw, std::shared_ptr<const btf::Btf> base,
                                      bool trusted = false) {
  btf::ParseError problem;
  auto btf = btf::Btf::parse(raw, std::move(base), trusted, problem);
  if (!btf) give_up(problem.message);
  return btf;
}

// Numbers that programs and verifiers stumble over.
std::uint64_t awkward(Choices& choices) {
  switch (choices.below(6)) {
    case 0:
      return choices.below(16);
    case 1:
      return 0 - std::uint64_t{choices.below(16)};
    case 2:
      return (std::uint64_t{1} << choices.below(64)) + choices.below(3) - 1;
    case 3:
      return choices.one_of<std::uint64_t>({0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff,
                                            0x8000000000000000, 0xffffffff80000000});
    default:
      return choices.any();
  }
}
void fill_bytes(std::uint8_t* at, std::size_t size, Choices& choices) {
  for (std::size_t i = 0; i < size; i += 8) {
    const std::uint64_t word = awkward(choices);
    std::memcpy(at + i, &word, std::min<std::size_t>(8, size - i));
  }
}
void put32(void* context, std::uint32_t offset, std::uint32_t value) {
  std::memcpy(static_cast<std::uint8_t*>(context) + offset, &value, sizeof value);
}
std::uint64_t address(const void* p) {
  return reinterpret_cast<std::uint64_t>(p);
}

}  // namespace

Types::Types() {
  KernelOptions options;
  options.cpus = 1;
  options.host_btf = false;
  options.stepping_seed = 1;
  std::string error;
  kernel_ = Kernel::make(options, error);
  if (!kernel_) give_up(error);
  kernel_btf = kernel_->impl().vmlinux->btf;
  make_calls();
  make_functions();
  btf::ModuleBuilder builder(nullptr);
  if (!builder.add_struct("struct fuzz_key { int key; }", error) ||
      !builder.add_struct("struct bpf_wq { unsigned long long __opaque[2]; }", error) ||
      !builder.add_struct("struct fuzz_value { struct bpf_wq wq; unsigned long long a; unsigned long long b; }", error))
    give_up(error);
  value_btf = parse(builder.finish(), nullptr);
  wq_value = value_btf->find("fuzz_value", btf::Kind::struct_);
  for (btf::TypeId id = 1; id < value_btf->type_count() && key == 0; ++id)
    if (value_btf->type(id).kind == btf::Kind::int_ && value_btf->size_of(id).value_or(0) == 4) key = id;
  if (wq_value == 0) give_up("the value of the map with work items has no type");
}
Types::~Types() = default;

// A module with the calls that programs make: the small kernel types have none.
void Types::make_calls() {
  btf::ModuleBuilder builder(kernel_btf);
  for (const char* name : {"bpf_iter_num_new", "bpf_iter_num_next", "bpf_iter_num_destroy", "bpf_dynptr_slice",
                           "bpf_dynptr_slice_rdwr", "bpf_wq_init", "bpf_wq_set_callback_impl", "bpf_wq_start"}) {
    const calls::Kfunc* call = calls::find_kfunc(name);
    std::string error;
    if (call == nullptr || !builder.add_function(call->prototype, error)) give_up(std::string(name) + ": " + error);
  }
  module_btf = parse(builder.finish(), kernel_btf, true);
}

// Functions of programs, all `static int f(void)`: the verifier asks no more of those that only programs call.
void Types::make_functions() {
  constexpr std::uint32_t int_kind = 1 << 24, func = 12 << 24, func_proto = 13 << 24;
  std::vector<std::uint32_t> words = {1, int_kind, 4, 1U << 24 | 32, 0, func_proto, 1};
  for (std::size_t i = 0; i < functions.size(); ++i) {
    words.insert(words.end(), {5, func, 2});
    functions[i] = static_cast<btf::TypeId>(3 + i);
  }
  constexpr char names[] = "\0int\0f";
  const auto size = static_cast<std::uint32_t>(words.size() * 4);
  const std::uint32_t header[] = {0x0001eb9f, 24, 0, size, size, sizeof names};
  std::vector<std::uint8_t> raw(sizeof header + size + sizeof names);
  std::memcpy(raw.data(), header, sizeof header);
  std::memcpy(raw.data() + sizeof header, words.data(), size);
  std::memcpy(raw.data() + sizeof header + size, names, sizeof names);
  program_btf = parse(raw, nullptr);
}

std::int32_t Types::kfunc(std::string_view name) const {
  return static_cast<std::int32_t>(module_btf->find_own(name, btf::Kind::func));
}
const calls::KfuncRegistry& Types::kfuncs() const {
  return kernel_->impl().kfuncs;
}

World::World(const Types& types, ProgType type)
    : types_(types),
      type_(type),
      executor_(async::make_stepping_executor(1, 1)),
      services_(*executor_),
      context_(type == ProgType::xdp ? 24 : 192) {
  packet_.storage.resize(headroom + largest_packet + headroom);
}

World::~World() {
  for (auto& [fd, map] : maps_) map->put_user_ref();
  drain();
}

void World::drain() {
  executor_->drain(drain_limit);
}

std::uint32_t World::context_bytes() const {
  const std::uint32_t size = type_ == ProgType::xdp ? 24 : 192;
  return 3 * runtime::Context::shadow_offset(size);
}

Area World::packet() {
  return {address(packet_.data().data()), packet_.data().size()};
}

std::shared_ptr<maps::Map> World::make(int fd) const {
  maps::MapAttributes attributes;
  maps::MapInfo& info = attributes.info;
  info.type = MapType::array;
  info.key_size = 4;
  switch (fd) {
    case one_map:
      info.value_size = one_size, info.max_entries = 1;
      break;
    case rows_map:
      info.value_size = rows_size, info.max_entries = rows_count;
      break;
    case hash_map:
      info.type = MapType::hash;
      info.key_size = 8, info.value_size = hash_size, info.max_entries = 8;
      break;
    case ring_map:
      info.type = MapType::ringbuf;
      info.key_size = 0, info.max_entries = 4096;
      break;
    case wq_map:
      info.value_size = wq_size, info.max_entries = 2;
      info.btf = types_.value_btf;
      info.key_type = types_.key;
      info.value_type = types_.wq_value;
      break;
    case rodata_map:
      info.value_size = rodata_size, info.max_entries = 1;
      info.flags = map_flag::rdonly_prog;
      break;
    default:
      return nullptr;
  }
  maps::MapResult made = maps::create(attributes);
  if (made.error != 0) give_up("map " + std::to_string(fd) + ": " + std::to_string(made.error) + " " + made.message);
  made.map->get_user_ref();
  made.map->set_id(static_cast<std::uint32_t>(fd));
  if (fd == rodata_map) {
    constexpr std::uint8_t constants[rodata_size] = {1, 2, 0xff, 0x7f, 0, 0, 0, 0x80, 0xfe, 0xff, 0xff, 0xff, 3, 0, 0};
    constexpr std::uint32_t zero = 0;
    made.map->user_update(&zero, constants, 0);
    made.map->freeze();
  }
  return made.map;
}

const maps::MapInfo* World::map_by_fd(int fd, int& error) {
  auto it = maps_.find(fd);
  if (it == maps_.end()) {
    auto map = make(fd);
    if (!map) {
      error = -EBADF;
      return nullptr;
    }
    it = maps_.emplace(fd, std::move(map)).first;
  }
  return &it->second->info();
}
const maps::MapInfo* World::map_by_index(std::uint32_t, int& error) {
  error = -EBADF;
  return nullptr;
}
const maps::Map* World::map(const maps::MapInfo& info) const {
  for (const auto& [fd, map] : maps_)
    if (&map->info() == &info) return map.get();
  return nullptr;
}
std::uint64_t World::map_address(const maps::MapInfo& info) {
  return address(map(info));
}
std::shared_ptr<const btf::Btf> World::btf_by_index(std::uint32_t, int&) {
  return types_.module_btf;
}

void World::fill_map(int fd, maps::Map& map, std::uint64_t seed) {
  Choices choices(seed + static_cast<std::uint64_t>(fd));
  std::array<std::uint8_t, 64> value{};
  switch (fd) {
    case one_map:
    case rows_map:
      for (std::uint32_t key = 0; key < map.info().max_entries; ++key) {
        fill_bytes(value.data(), value.size(), choices);
        map.user_update(&key, value.data(), 0);
      }
      break;
    case hash_map:
      for (std::uint64_t key = 0; key < 8; ++key) map.user_delete(&key);
      for (std::uint64_t key = 0; key < 4; ++key) {
        fill_bytes(value.data(), value.size(), choices);
        map.user_update(&key, value.data(), 0);
      }
      break;
    case wq_map:
      for (std::uint32_t key = 0; key < map.info().max_entries; ++key) map.user_update(&key, value.data(), 0);
      break;
    default:
      break;
  }
}

void World::fill(std::uint64_t seed) {
  for (auto& [fd, map] : maps_) fill_map(fd, *map, seed);
  services_.random = seed;
  Choices choices(seed ^ 0x5555);
  fill_bytes(packet_.storage.data(), packet_.storage.size(), choices);
  packet_.begin = headroom;
  packet_.end = headroom + (choices.percent(20) ? choices.below(14) : 14 + choices.below(largest_packet - 14 + 1));
  packet_.meta = 0;
  void* c = context_.address();
  context_.header().packet = &packet_;
  std::memset(c, 0, context_bytes());
  const bool xdp = type_ == ProgType::xdp;
  if (xdp) {
    put32(c, 12, choices.below(4));
    put32(c, 16, static_cast<std::uint32_t>(awkward(choices)));
  } else {
    fill_bytes(static_cast<std::uint8_t*>(c), 76, choices);
    put32(c, 0, static_cast<std::uint32_t>(packet_.end - packet_.begin));
  }
  const std::uint64_t data = packet().begin, end = data + packet().size;
  runtime::Context::set_pointer(c, xdp ? 0 : 76, data);
  runtime::Context::set_pointer(c, xdp ? 4 : 80, end);
  runtime::Context::set_pointer(c, xdp ? 8 : 140, data);
}

std::vector<Area> World::values(const maps::MapInfo& info) const {
  std::vector<Area> found;
  const maps::Map* constant = map(info);
  if (constant == nullptr || info.type == MapType::ringbuf) return found;
  auto* map = const_cast<maps::Map*>(constant);
  const rcu::ReadGuard section;
  std::uint64_t cursor = 0;
  for (maps::Element element; map->next_element(cursor, element);)
    found.push_back({address(element.value), info.value_size});
  return found;
}

namespace {

// Programs may leave pointers in values, and each world has its own memory: where it is says nothing of programs.
void forget_addresses(std::span<std::uint8_t> value) {
  constexpr std::uint64_t lowest = 1ULL << 44, end = 1ULL << 47, an_address = 0xadd7'e550'0000'0000;
  for (std::size_t at = 0; at + 8 <= value.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, &value[at], 8);
    if (word >= lowest && word < end) std::memcpy(&value[at], &an_address, 8);
  }
}

}  // namespace

std::vector<std::uint8_t> World::contents() {
  std::vector<std::uint8_t> bytes;
  for (auto& [fd, map] : maps_) {
    if (fd == ring_map) continue;
    // In the order of keys: where a hash keeps an element is its own affair.
    const std::uint64_t keys = fd == hash_map ? 8 : map->info().max_entries;
    std::vector<std::uint8_t> value(map->info().value_size);
    for (std::uint64_t key = 0; key < keys; ++key) {
      const bool there = map->user_lookup(&key, value.data(), 0) == 0;
      forget_addresses(value);
      bytes.push_back(there);
      if (there) bytes.insert(bytes.end(), value.begin(), value.end());
    }
  }
  const auto data = packet_.data();
  bytes.insert(bytes.end(), data.begin(), data.end());
  const auto* c = static_cast<const std::uint8_t*>(context());
  bytes.insert(bytes.end(), c, c + (type_ == ProgType::xdp ? 24 : 192));
  return bytes;
}

}  // namespace skep::fuzz
