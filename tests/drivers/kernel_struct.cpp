// See drivers/kernel_struct.hpp.
#include "drivers/kernel_struct.hpp"

#include <cstring>
#include <stdexcept>
#include <string>

#include "calls/impl/kernel_fields.hpp"
#include "describe/objects.hpp"
#include "kernel/impl.hpp"

namespace skep::test {

struct KernelStruct::Impl {
  Impl(Kernel& kernel, std::string_view name)
      : types(*kernel.impl().vmlinux->btf), type(name), objects(types, kernel.impl().account->shared_territory()) {}
  calls::impl::FieldPlace place(std::initializer_list<std::string_view> field) const {
    const auto found = calls::impl::find_field(&types, type, field);
    if (!found) throw std::runtime_error("no such field of " + type);
    return *found;
  }
  static std::uint64_t mask(const calls::impl::FieldPlace& place) {
    return place.bits == 0 ? ~std::uint64_t{0} : ((std::uint64_t{1} << place.bits) - 1) << place.shift;
  }
  const btf::Btf& types;
  const std::string type;
  describe::Objects objects;
  std::uint8_t* at = nullptr;
};

KernelStruct::KernelStruct(Kernel& kernel, std::string_view type, std::string_view description)
    : impl_(std::make_shared<Impl>(kernel, type)) {
  std::string complaint;
  const auto described = describe::parse(description, complaint);
  const btf::TypeId id = impl_->types.find(type, btf::Kind::struct_);
  if (id != 0) impl_->at = static_cast<std::uint8_t*>(impl_->objects.make(id, impl_->type));
  if (!described || impl_->at == nullptr || !impl_->objects.put(*described, id, impl_->at, impl_->type))
    throw std::runtime_error(impl_->type + ": " + complaint + impl_->objects.error());
}
std::uint64_t KernelStruct::address() const {
  return reinterpret_cast<std::uint64_t>(impl_->at);
}
std::uint64_t KernelStruct::get(std::initializer_list<std::string_view> field) const {
  const auto place = impl_->place(field);
  std::uint64_t value = 0;
  std::memcpy(&value, impl_->at + place.offset, place.size);
  return (value & Impl::mask(place)) >> place.shift;
}
void KernelStruct::set(std::initializer_list<std::string_view> field, std::uint64_t value) const {
  const auto place = impl_->place(field);
  std::uint64_t there = 0;
  std::memcpy(&there, impl_->at + place.offset, place.size);
  there = (there & ~Impl::mask(place)) | (value << place.shift & Impl::mask(place));
  std::memcpy(impl_->at + place.offset, &there, place.size);
}

}  // namespace skep::test
