// The calls of libelf and of libbpf itself where an object or a name is newer than the distribution's libbpf.
//
// libbpf opens an object with elf_begin or elf_memory: it gets the file with its stand-ins (loader/stand_in.hpp), and
// with the calls that a test replaces (loader/replaced_calls.hpp). It
// looks for the function to attach to in the kernel's types and then in each module's, by name: for "module:function"
// the module's alone answers. Every other use of these calls goes on as it was. Tested by tests/loader/.
#include <bpf/btf.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <span>
#include <string_view>
#include <vector>

#include "loader/elf_image.hpp"
#include "loader/growth.hpp"
#include "loader/replaced_calls.hpp"
#include "loader/shared_types.hpp"
#include "loader/stand_in.hpp"
#include "skep/kernel.hpp"

extern "C" {
Elf* __real_elf_begin(int fd, Elf_Cmd command, Elf* archive);
Elf* __real_elf_memory(char* image, size_t size);
int __real_elf_end(Elf* elf);
int __wrap_elf_end(Elf* elf);
__s32 __real_btf__find_by_name_kind(const struct btf* btf, const char* name, __u32 kind);
int __real_close(int fd);
}

namespace {

using Bytes = std::vector<uint8_t>;

// The file of a descriptor, if it is a BPF object; its position stays where it is.
Bytes read_object(int fd) {
  constexpr off_t most = 256 << 20;
  struct stat status;
  uint8_t beginning[sizeof(Elf64_Ehdr)];
  if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > most ||
      pread(fd, beginning, sizeof beginning, 0) != static_cast<ssize_t>(sizeof beginning) ||
      !skep::loader::ElfImage::may_be_bpf(beginning))
    return {};
  Bytes file(static_cast<size_t>(status.st_size));
  for (size_t at = 0; at < file.size();) {
    const ssize_t got = pread(fd, file.data() + at, file.size() - at, static_cast<off_t>(at));
    if (got <= 0) return {};
    at += static_cast<size_t>(got);
  }
  return file;
}

// Whether each relocation lies in the section that it is of. libbpf adds to where one says that it is, and believes the
// sum. Of sections that nobody loads it reads none.
bool are_inside(Elf_Scn* section, const GElf_Shdr& header, Elf* elf) {
  constexpr uint64_t size = sizeof(uint64_t);
  GElf_Shdr target;
  Elf_Scn* const of = elf_getscn(elf, header.sh_info);
  Elf_Data* const data = elf_getdata(section, nullptr);
  if (of == nullptr || gelf_getshdr(of, &target) == nullptr || (target.sh_flags & SHF_ALLOC) == 0 || data == nullptr)
    return true;
  GElf_Rel relocation;
  for (int i = 0; gelf_getrel(data, i, &relocation) != nullptr; ++i)
    if (target.sh_size < size || relocation.r_offset > target.sh_size - size) return false;
  return true;
}

// From here to elf_end libbpf reads the object, which libelf shows it as it does here. What libbpf would die of is no
// object; what needs room to grow gets it (growth.cpp).
Elf* begin_reading(Elf* elf) {
  size_t names = 0;
  GElf_Ehdr file;  // libbpf takes objects of no machine for BPF's
  if (elf == nullptr || elf_getshdrstrndx(elf, &names) != 0 || gelf_getehdr(elf, &file) == nullptr ||
      (file.e_machine != EM_BPF && file.e_machine != EM_NONE))
    return elf;
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr; section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr) continue;
    const char* const name = elf_strptr(elf, names, header.sh_name);
    if (name != nullptr && std::string_view(name) == ".addr_space.1") skep::loader::keep_room_for_growth(true);
    if (header.sh_type == SHT_REL && !are_inside(section, header, elf)) {
      elf_getscn(elf, ~size_t{0});  // fails, for who asks libelf what was wrong
      __wrap_elf_end(elf);
      return nullptr;
    }
  }
  return elf;
}

// The dressed file as libelf opens it from a descriptor, since it then owns the memory; null: nothing is dressed.
Elf* begin_dressed(std::span<const uint8_t> file) {
  std::vector<skep::ReplacedPlace> places;
  const auto calls = skep::replaced_calls();
  const auto replaced = skep::loader::replace_calls(file, calls, places);
  if (!calls.empty()) skep::note_replaced_places(std::move(places));
  auto dressed =
      skep::loader::dress(replaced ? std::span<const uint8_t>(*replaced) : file, skep::loader::needed_dressing());
  if (!dressed) dressed = replaced;
  if (!dressed) return nullptr;
  const int fd = memfd_create("bpf-object", MFD_CLOEXEC);
  if (fd < 0) return nullptr;
  Elf* elf = nullptr;
  if (write(fd, dressed->data(), dressed->size()) == static_cast<ssize_t>(dressed->size())) {
    elf = __real_elf_begin(fd, ELF_C_READ, nullptr);
    if (elf != nullptr && elf_cntl(elf, ELF_C_FDREAD) != 0) {
      elf_end(elf);
      elf = nullptr;
    }
  }
  __real_close(fd);
  return elf;
}

}  // namespace

extern "C" {

Elf* __wrap_elf_begin(int fd, Elf_Cmd command, Elf* archive) {
  if (archive == nullptr && (command == ELF_C_READ || command == ELF_C_READ_MMAP)) {
    const Bytes file = read_object(fd);
    Elf* const elf = file.empty() ? nullptr : begin_dressed(file);
    return begin_reading(elf != nullptr ? elf : __real_elf_begin(fd, command, archive));
  }
  return __real_elf_begin(fd, command, archive);
}

Elf* __wrap_elf_memory(char* image, size_t size) {
  const std::span file(reinterpret_cast<const uint8_t*>(image), size);
  const bool may_be_bpf = image != nullptr && skep::loader::ElfImage::may_be_bpf(file);
  Elf* const elf = may_be_bpf ? begin_dressed(file) : nullptr;
  return begin_reading(elf != nullptr ? elf : __real_elf_memory(image, size));
}

int __wrap_elf_end(Elf* elf) {
  skep::loader::keep_room_for_growth(false);
  return __real_elf_end(elf);
}

__s32 __wrap_btf__find_by_name_kind(const struct btf* btf, const char* name, __u32 kind) {
  const char* colon = kind == BTF_KIND_FUNC && name != nullptr ? strchr(name, ':') : nullptr;
  if (colon == nullptr) return skep::loader::find_type(btf, name, kind, __real_btf__find_by_name_kind);
  __u32 size = 0;
  const auto* raw = static_cast<const uint8_t*>(btf__raw_data(btf, &size));
  const std::string_view module(name, static_cast<size_t>(colon - name));
  if (raw == nullptr || !skep::current_kernel().has_types_of(module, {raw, size})) return -ENOENT;
  return __real_btf__find_by_name_kind(btf, colon + 1, kind);
}
}
