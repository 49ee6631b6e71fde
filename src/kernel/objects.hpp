// What descriptors name: maps, programs, types, links; and the table that counts who holds them.
//
// An object lives as long as a descriptor, a pin, or another object (a program its maps) holds it, and is found by its
// id while it lives. User space's references to a map (descriptors and pins) are counted apart, for work queues depend
// on them.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "btf/btf.hpp"
#include "engine/run_pool.hpp"
#include "kernel/run_statistics.hpp"
#include "maps/map.hpp"
#include "memory/account.hpp"
#include "progtypes/progtype.hpp"
#include "runtime/program.hpp"
#include "skep/kernel.hpp"
#include "verifier/verifier.hpp"

namespace skep {

struct InvocationState;  // kernel/invoke.hpp

enum class ObjectKind : std::uint8_t { map, program, btf, link, statistics, perf_event };
inline constexpr std::size_t object_kinds = 4;  // with ids: the first

struct KernelObject {
  explicit KernelObject(ObjectKind k) : kind(k) {}
  virtual ~KernelObject() = default;
  KernelObject(const KernelObject&) = delete;
  KernelObject& operator=(const KernelObject&) = delete;
  // A descriptor or a pin comes or goes.
  virtual void get_user_ref() {}
  virtual void put_user_ref() {}
  // What a new descriptor and its duplicates share, and nobody else: it ends with the last of them. Null: none asks.
  virtual std::shared_ptr<const void> open_file() { return nullptr; }
  // What all its descriptors are duplicates of, so that waking one wakes all; -1: nobody waits for it.
  virtual int poll_fd() const { return -1; }

  const ObjectKind kind;
  std::uint32_t id = 0;
  memory::Charge charge;  // programs and types: what was loaded, with what is kept about it (maps pay for themselves)
};

struct BtfObject final : KernelObject {
  BtfObject() : KernelObject(ObjectKind::btf) {}
  std::shared_ptr<const btf::Btf> btf;
  std::string name;  // of kernel types: "vmlinux", a module's
  bool kernel = false;
  std::vector<std::string_view> hidden;  // functions that user space is not to find by name
  // As user space gets them back. Few ask, so that the copy without the hidden functions is made for the first one.
  std::span<const std::uint8_t> raw() const;

 private:
  mutable std::once_flag without_hidden_once_;
  mutable std::vector<std::uint8_t> without_hidden_;
};

// What programs must have in common to call one another, and to use a map of programs.
struct ProgramFamily {
  ProgType type = ProgType::unspec;  // of an extension: its target's
  AttachType attach_type{};
  std::shared_ptr<const btf::Btf> types;  // tracing, lsm, struct_ops: of what they are attached to
  btf::TypeId prototype = 0;              // … and its prototype
  bool sleepable = false, fragments = false;
  bool operator==(const ProgramFamily&) const = default;
};

struct ProgramObject;
// The members of a struct_ops table that programs implement.
using StructOpsMembers = std::map<std::string, std::shared_ptr<ProgramObject>, std::less<>>;

struct MapObject final : KernelObject {
  MapObject() : KernelObject(ObjectKind::map) {}
  // Maps that hold programs (prog_array, devmap, cpumap) belong to the family of the first program that uses them or
  // that they hold: false for one of another. Any thread.
  bool takes(ProgramFamily family);
  void get_user_ref() override { map->get_user_ref(); }
  void put_user_ref() override { map->put_user_ref(); }
  std::shared_ptr<const void> open_file() override;
  int poll_fd() const override { return wake_fd; }
  std::shared_ptr<maps::Map> map;
  std::shared_ptr<BtfObject> btf;
  std::uint32_t btf_vmlinux_value_type_id = 0;
  std::optional<StructOpsMembers> struct_ops;  // registered by an update; guarded by the Kernel's lock
  int wake_fd = -1;                            // ring buffers: an eventfd that all descriptors of the map share
  ~MapObject() override;

 private:
  std::mutex lock_;
  std::optional<ProgramFamily> family_;
};

struct ProgramObject final : KernelObject {
  ProgramObject();
  ~ProgramObject() override;
  const progtypes::ProgTypeDef* type = nullptr;
  ProgramFamily family;
  progtypes::ProgramTraits traits;
  std::string attach_function, struct_ops_type, struct_ops_member;  // what traits' views point into
  std::string name, license;
  AttachType attach_type{};
  std::uint32_t attach_btf_id = 0, attach_btf_obj_id = 0;
  std::shared_ptr<BtfObject> btf;
  std::vector<verifier::FuncInfo> func_info;
  std::vector<verifier::LineInfo> line_info;
  std::vector<std::shared_ptr<MapObject>> maps;  // used, or bound (PROG_BIND_MAP)
  std::shared_ptr<const runtime::Program> code;
  // The same while other programs replace functions of it; null: none does. See kernel/extensions.hpp. Any thread.
  std::shared_ptr<const runtime::Program> extended_code() const {
    if (!is_extended.load(std::memory_order_acquire)) return nullptr;
    const std::lock_guard guard(extension_lock);
    return extended;
  }
  mutable std::mutex extension_lock;                                            // of the two below
  std::map<std::uint32_t, std::shared_ptr<const runtime::Program>> extensions;  // by the function that they replace
  std::shared_ptr<const runtime::Program> extended;
  std::atomic<bool> is_extended{false};
  std::shared_ptr<ProgramObject> extends;  // an extension: whose function it replaces, and which
  std::uint32_t extends_function = 0;
  std::vector<verifier::SubprogramFacts> subprograms;
  std::uint32_t context_used = 0;                          // how far it reads and writes into its context
  std::uint32_t tracepoint_buffer_used = 0;                // … and into a writable tracepoint's record
  std::unique_ptr<engine::RunPool<InvocationState>> idle;  // see kernel/invoke.hpp
  mutable RunStatistics statistics;
  std::uint32_t verified_insns = 0;
  std::uint64_t load_time_ns = 0;
  std::uint8_t tag[8] = {};
  bool gpl = false, sleepable = false, changes_packet = false;
};

struct LinkObject final : KernelObject {
  LinkObject() : KernelObject(ObjectKind::link) {}
  std::shared_ptr<ProgramObject> program;
  std::shared_ptr<MapObject> map;  // struct_ops
  AttachType attach{};
  std::uint32_t type = 0;
  std::uint32_t target_fd = 0;
  std::string target;
  std::shared_ptr<const void> extension;  // of an extension: while this lives, it replaces its target's function
};

// Objects of one kind by id; ids grow and are not used again.
class ObjectTable {
 public:
  void add(const std::shared_ptr<KernelObject>& object) {
    // Objects that are gone leave their memory in here. To look for them costs no more than they did.
    if (by_id_.size() >= look_at_) {
      std::erase_if(by_id_, [](const auto& entry) { return entry.second.expired(); });
      look_at_ = 2 * by_id_.size() + fewest_;
    }
    object->id = ++last_id_;
    by_id_[object->id] = object;
  }
  std::shared_ptr<KernelObject> find(std::uint32_t id) const {
    const auto it = by_id_.find(id);
    return it == by_id_.end() ? nullptr : it->second.lock();
  }
  // The smallest living id above `id`, or 0.
  std::uint32_t next(std::uint32_t id) const {
    for (auto it = by_id_.upper_bound(id); it != by_id_.end(); ++it)
      if (!it->second.expired()) return it->first;
    return 0;
  }
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const auto& [id, known] : by_id_)
      if (auto object = known.lock()) visit(object);
  }

 private:
  static constexpr std::size_t fewest_ = 64;
  std::map<std::uint32_t, std::weak_ptr<KernelObject>> by_id_;
  std::size_t look_at_ = fewest_;
  std::uint32_t last_id_ = 0;
};

}  // namespace skep
