// What bpf_cast_to_kern_ctx gives: the kernel's object behind a context, an sk_buff behind a __sk_buff, in the layout
// of the kernel's types.
//
// Fields that both structs have by the same name are the context's; what leads into the packet leads there, as the
// network device does to a device of the number that the context has. Everything else reads zero. The object
// lives as long as the run. Tested by tests/kernel/world_test.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "calls/impl/kernel_fields.hpp"
#include "describe/objects.hpp"
#include "kernel/impl.hpp"
#include "kernel/services.hpp"
#include "progtypes/progtype.hpp"
#include "rcu/rcu.hpp"
#include "runtime/context.hpp"
#include "runtime/program.hpp"

namespace skep {
namespace {

using calls::impl::find_field;

// What is known beyond fields of the same name, as a description.
std::string description(std::string_view type, std::uint32_t family, std::uint32_t device, std::uint32_t queue) {
  constexpr std::uint32_t of_paths = 1, loopback = 1;
  constexpr std::uint32_t first_network = 0xeffffff9;  // the number of the one that the machine begins with
  const std::string dev =
      fmt::format(R"({{"ifindex": {}, "name": "{}", "nd_net": {{"net": {{"ns": {{"inum": {}}}}}}}}})", device,
                  device == loopback ? "lo" : "", first_network);
  if (type == "sk_buff") return fmt::format(R"({{"dev": {}}})", dev);
  if (type == "xdp_buff")
    return fmt::format(R"({{"frame_sz": 4096, "rxq": {{"dev": {}, "queue_index": {}}}}})", dev, queue);
  if (type != "bpf_sock_addr_kern") return R"({"sk": {}})";
  if (family != of_paths) return R"({"sk": {}, "uaddr": {"$type": "sockaddr_in6"}})";
  return R"({"sk": {"__sk_common": {"skc_family": 1}}, "uaddr": {"$type": "sockaddr_un", "sun_family": 1}, "uaddrlen": 2})";
}

class Maker {
 public:
  Maker(const btf::Btf& types, std::string_view from, std::string_view to, const std::uint8_t* context,
        std::uint8_t* made)
      : types_(types), from_(from), to_(to), context_(context), made_(made) {}

  void take_same_fields() {
    for (const btf::Member& member : types_.members(types_.type(types_.find(from_, btf::Kind::struct_)))) {
      const auto there = find_field(&types_, from_, {member.name});
      const auto here = find_field(&types_, to_, {member.name});
      if (!there || !here || there->bits != 0 || here->bits != 0 || there->size > 8 || here->size > 4) continue;
      std::memcpy(made_ + here->offset, context_ + there->offset, std::min(there->size, here->size));
    }
  }
  void put(std::string_view field, std::uint64_t value) {
    if (const auto place = find_field(&types_, to_, {field}); place && place->bits == 0)
      std::memcpy(made_ + place->offset, &value, std::min<std::size_t>(place->size, sizeof value));
  }
  std::uint32_t number(std::string_view field) const {
    std::uint32_t value = 0;
    if (const auto place = find_field(&types_, from_, {field}); place && place->size == sizeof value)
      std::memcpy(&value, context_ + place->offset, sizeof value);
    return value;
  }
  void lead_into(runtime::Packet& packet) {
    constexpr std::size_t shared_info = 320;
    const auto start = reinterpret_cast<std::uint64_t>(packet.storage.data());
    put("head", start);
    put("data_hard_start", start);
    put("data", start + packet.begin);
    put("data_end", start + packet.end);
    put("data_meta", start + packet.begin - packet.meta);
    put("tail", packet.end);
    // Behind the end stands what pieces share (skb_shared_info): zeros, as long as the packet leaves them.
    put("end", packet.end + shared_info <= packet.storage.size() ? packet.storage.size() - shared_info
                                                                 : packet.storage.size());
  }

 private:
  const btf::Btf& types_;
  const std::string_view from_, to_;
  const std::uint8_t* const context_;
  std::uint8_t* const made_;
};

// The object stays until the context, which runs after one another have, is another run's; and where many contexts come
// and go, until there were many others and every run that may have it is over.
void keep(std::map<const void*, std::unique_ptr<describe::Objects>>& all, const void* context,
          std::unique_ptr<describe::Objects> objects) {
  constexpr std::size_t most = 256;
  if (const auto before = all.find(context); before != all.end()) {
    rcu::retire(std::exchange(before->second, std::move(objects)));
    return;
  }
  if (all.size() >= most) {
    rcu::retire(std::move(all.begin()->second));
    all.erase(all.begin());
  }
  all.emplace(context, std::move(objects));
}

}  // namespace

void* KernelServices::kernel_context(runtime::CallEnv& env) {
  const auto* const type = progtypes::find(env.program().code().type);
  auto* const context = static_cast<const std::uint8_t*>(env.context());
  if (type == nullptr || types_ == nullptr || context == nullptr) return nullptr;
  const std::string_view from = type->context_type, to = type->kernel_context_type;
  if (from == to) return env.context();
  const btf::TypeId id = types_->find(to, btf::Kind::struct_);
  auto objects =
      std::make_unique<describe::Objects>(*types_, account ? account->shared_territory() : memory::TerritoryPtr());
  auto* const made = id != 0 ? static_cast<std::uint8_t*>(objects->make(id, std::string(to))) : nullptr;
  if (made == nullptr) return nullptr;
  Maker maker(*types_, from, to, context, made);
  const std::uint32_t ingress = maker.number("ingress_ifindex"), device = maker.number("ifindex");
  std::string complaint;
  const auto described = describe::parse(
      description(to, maker.number("user_family"), device != 0 ? device : ingress, maker.number("rx_queue_index")),
      complaint);
  if (described) objects->put(*described, id, made, std::string(to));
  objects->connect();
  maker.take_same_fields();
  if (runtime::Packet* const packet = runtime::Context::header_of(env.context()).packet; packet != nullptr)
    maker.lead_into(*packet);
  const std::lock_guard guard(contexts_lock_);
  keep(kernel_contexts_, env.context(), std::move(objects));
  return made;
}

}  // namespace skep
