// The second half of loader/stand_in.hpp: the commands. Tested by tests/loader/stand_in_test.cpp.
#include <bpf/bpf.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "isa/insn.hpp"
#include "kernel/services.hpp"
#include "loader/object.hpp"
#include "loader/stand_in.hpp"
#include "skep/abi.hpp"

namespace skep::loader {
namespace {

// As libbpf spells what dress.cpp named.
constexpr std::string_view per_cpu_prefix = ".data._";
constexpr std::string_view per_cpu_stand_in = ".data._percpu";

__u64 address(const void* pointer) {
  return reinterpret_cast<__u64>(pointer);
}

// What the caller's addresses hold may be anything, or nothing: the Kernel, which is asked again with the same command
// where we cannot read, says so.
constexpr unsigned most_attr_size = 4096;

// A caller's bpf_attr, copied: it may be shorter or longer than ours, and is not ours to change.
class Attr {
 public:
  Attr(const void* attr, unsigned size) : words_((std::max<std::size_t>(size, sizeof(bpf_attr)) + 7) / 8) {
    readable_ = size <= most_attr_size && copy_from_user(words_.data(), address(attr), size) == 0;
  }
  bool readable() const { return readable_; }
  bpf_attr& operator*() { return *reinterpret_cast<bpf_attr*>(words_.data()); }
  bpf_attr* operator->() { return &**this; }

 private:
  std::vector<std::uint64_t> words_;
  bool readable_ = false;
};

bpf_map_info map_info(Kernel& kernel, int fd) {
  bpf_map_info info{};
  bpf_attr attr{};
  attr.info.bpf_fd = static_cast<__u32>(fd);
  attr.info.info_len = sizeof info;
  attr.info.info = address(&info);
  if (kernel.bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof attr.info) != 0) info = {};
  return info;
}

bool is_jump_tables(const bpf_map_info& info) {
  return info.type == BPF_MAP_TYPE_ARRAY && std::string_view(info.name) == JumpTable::section;
}

// ---- jump tables ----

// The maps that one program's jump tables become: its instructions hold their descriptors until it is loaded.
class JumpTables {
 public:
  explicit JumpTables(Kernel& kernel) : kernel_(kernel) {}
  ~JumpTables() {
    for (const Made& made : made_) kernel_.close(made.fd);
  }
  JumpTables(const JumpTables&) = delete;
  JumpTables& operator=(const JumpTables&) = delete;

  // The stand-in's content if `fd` is one, else null.
  const std::vector<std::uint8_t>* stand_in(int fd) {
    for (const auto& [known, content] : seen_)
      if (known == fd) return content.get();
    const bpf_map_info info = map_info(kernel_, fd);
    std::unique_ptr<std::vector<std::uint8_t>> content;
    if (is_jump_tables(info)) {
      content = std::make_unique<std::vector<std::uint8_t>>(info.value_size);
      const std::uint32_t key = 0;
      bpf_attr attr{};
      attr.map_fd = static_cast<__u32>(fd);
      attr.key = address(&key);
      attr.value = address(content->data());
      if (kernel_.bpf(BPF_MAP_LOOKUP_ELEM, &attr, 32) != 0) content->clear();
    }
    seen_.emplace_back(fd, std::move(content));
    return seen_.back().second.get();
  }

  // A frozen map of instructions, or a negative errno.
  int map_of(const JumpTable& table, std::size_t at, std::size_t insn_count) {
    std::vector<std::uint32_t> targets;
    for (const std::int32_t distance : table.targets) {
      const std::int64_t target = static_cast<std::int64_t>(at) + distance;
      if (target < 0 || target >= static_cast<std::int64_t>(insn_count)) return -EINVAL;
      targets.push_back(static_cast<std::uint32_t>(target));
    }
    for (const Made& made : made_)
      if (made.table == table.head.table && made.targets == targets) return made.fd;
    const int fd = create(targets);
    if (fd >= 0) made_.push_back({table.head.table, std::move(targets), fd});
    return fd;
  }

 private:
  struct Made {
    std::uint32_t table;
    std::vector<std::uint32_t> targets;
    int fd;
  };

  int create(const std::vector<std::uint32_t>& targets) {
    struct Value {  // struct bpf_insn_array_value
      std::uint32_t original, translated, jitted, reserved;
    };
    bpf_attr attr{};
    attr.map_type = static_cast<__u32>(MapType::insn_array);
    attr.key_size = sizeof(std::uint32_t);
    attr.value_size = sizeof(Value);
    attr.max_entries = static_cast<__u32>(targets.size());
    std::strcpy(attr.map_name, ".jumptables");
    const int fd = kernel_.bpf(BPF_MAP_CREATE, &attr, sizeof attr);
    if (fd < 0) return fd;
    int error = 0;
    for (std::uint32_t i = 0; i < targets.size() && error == 0; ++i) {
      const Value value{targets[i], 0, 0, 0};
      attr = {};
      attr.map_fd = static_cast<__u32>(fd);
      attr.key = address(&i);
      attr.value = address(&value);
      error = kernel_.bpf(BPF_MAP_UPDATE_ELEM, &attr, 32);
    }
    attr = {};
    attr.map_fd = static_cast<__u32>(fd);
    if (error == 0) error = kernel_.bpf(BPF_MAP_FREEZE, &attr, sizeof attr.map_fd);
    if (error != 0) kernel_.close(fd);
    return error != 0 ? error : fd;
  }

  Kernel& kernel_;
  std::vector<std::pair<int, std::unique_ptr<std::vector<std::uint8_t>>>> seen_;
  std::vector<Made> made_;
};

// One command, as the caller gave it.
struct Command {
  Kernel& kernel;
  int command;
  void* attr;
  unsigned size;
  void* common;
  unsigned common_size;
  int forward() const { return kernel.bpf(command, attr, size, common, common_size); }
  int forward(Attr& changed) const { return kernel.bpf(command, &*changed, size, common, common_size); }
};

int prog_load(const Command& load) {
  constexpr unsigned most_insns = 1'000'000;
  Attr attr(load.attr, load.size);
  if (!attr.readable() || attr->insn_cnt > most_insns) return load.forward();
  std::vector<Insn> insns(attr->insn_cnt);
  const __u64 given = attr->insns;
  if (copy_from_user(insns.data(), given, insns.size() * sizeof(Insn)) != 0) return load.forward();
  JumpTables tables(load.kernel);
  bool changed = false;
  for (std::size_t i = 0; i + 1 < insns.size(); ++i) {
    if (!insns[i].is_wide_load()) continue;
    const std::size_t at = i++;
    if (insns[at].src != pseudo::map_value) continue;
    const auto* content = tables.stand_in(insns[at].imm);
    if (content == nullptr) continue;
    const auto table = jump_table_at(*content, static_cast<std::uint32_t>(insns[at + 1].imm));
    if (!table) return -EINVAL;
    const int fd = tables.map_of(*table, at, insns.size());
    if (fd < 0) return fd;
    insns[at].imm = fd;
    insns[at + 1].imm = static_cast<std::int32_t>(table->head.offset);
    changed = true;
  }
  if (!changed) return load.forward();
  attr->insns = address(insns.data());
  const int result = load.forward(attr);
  attr->insns = given;
  std::memcpy(load.attr, &*attr, load.size);  // what it wrote: the log's true size
  return result;
}

// ---- per-CPU globals ----

// The map that libbpf on this thread has just made and will fill next, by its id: it moves the descriptor in between.
std::uint32_t& to_fill() {
  thread_local std::uint32_t id = 0;
  return id;
}

int map_create(const Command& create) {
  if (create.size < offsetof(bpf_attr, map_name) + BPF_OBJ_NAME_LEN) return create.forward();
  Attr attr(create.attr, create.size);
  const std::string_view name(attr->map_name, strnlen(attr->map_name, BPF_OBJ_NAME_LEN));
  if (!attr.readable() || attr->map_type != BPF_MAP_TYPE_ARRAY || !name.starts_with(per_cpu_stand_in))
    return create.forward();
  std::string real(1, '.');
  real += name.substr(per_cpu_prefix.size());
  std::memset(attr->map_name, 0, BPF_OBJ_NAME_LEN);
  std::memcpy(attr->map_name, real.data(), real.size());
  attr->map_type = BPF_MAP_TYPE_PERCPU_ARRAY;
  attr->map_flags &= ~map_flag::mmapable;
  const int fd = create.forward(attr);
  if (fd >= 0) to_fill() = map_info(create.kernel, fd).id;
  return fd;
}

// libbpf fills the map from one value, which every CPU begins with.
int map_update(const Command& update) {
  if (to_fill() == 0) return update.forward();
  Attr attr(update.attr, update.size);
  if (!attr.readable() || map_info(update.kernel, static_cast<int>(attr->map_fd)).id != to_fill())
    return update.forward();
  to_fill() = 0;
  if (attr->flags != 0) return update.forward();
  attr->flags = elem_flag::all_cpus;
  return update.forward(attr);
}

// A slot of a prog array for a program that is not loaded, where such slots are to stay empty (LeaveGaps).
bool is_gap(const Command& update) {
  if (!LeaveGaps::wanted()) return false;
  Attr attr(update.attr, update.size);
  if (!attr.readable() || attr->value == 0 ||
      map_info(update.kernel, static_cast<int>(attr->map_fd)).type != BPF_MAP_TYPE_PROG_ARRAY)
    return false;
  int program = 0;
  std::memcpy(&program, reinterpret_cast<const void*>(attr->value), sizeof program);  // NOLINT: libbpf's own
  return program < 0;
}

// The stand-in is bound to each program as read-only data; the tables that it stood for are the program's already.
int bind_map(const Command& bind) {
  Attr attr(bind.attr, bind.size);
  if (attr.readable() && is_jump_tables(map_info(bind.kernel, static_cast<int>(attr->prog_bind_map.map_fd)))) return 0;
  return bind.forward();
}

}  // namespace

int undressed_bpf(Kernel& kernel, int command, void* attr, unsigned size, void* common, unsigned common_size) {
  const Command given{kernel, command, attr, size, common, common_size};
  switch (command & 0xffff) {
    case BPF_PROG_LOAD:
      return prog_load(given);
    case BPF_MAP_CREATE:
      return map_create(given);
    case BPF_MAP_UPDATE_ELEM:
      return is_gap(given) ? 0 : map_update(given);
    case BPF_PROG_BIND_MAP:
      return bind_map(given);
    default:
      return given.forward();
  }
}

}  // namespace skep::loader
