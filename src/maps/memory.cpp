// See memory.hpp. Tested through the maps that use it.
#include "maps/memory.hpp"

#include <sys/mman.h>
#include <unistd.h>

namespace skep::maps {

std::size_t Pages::page_size() {
  return static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

Pages Pages::make(std::size_t size, bool shared, const memory::AccountPtr& account, bool for_programs,
                  const memory::Cells& cells) {
  Pages pages;
  const std::size_t page = page_size();
  if (size > std::size_t{1} << 40) return {};
  pages.size_ = (size + page - 1) / page * page;
  if (!pages.charge_.take(account, pages.size_)) return {};
  if (shared) {
    pages.fd_ = memfd_create("bpf-map", MFD_CLOEXEC);
    if (pages.fd_ < 0 || ftruncate(pages.fd_, static_cast<off_t>(pages.size_)) != 0) return {};
  }
  const int flags = shared ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* at = mmap(nullptr, pages.size_, PROT_READ | PROT_WRITE, flags, pages.fd_, 0);
  if (at == MAP_FAILED) return {};
  pages.data_ = static_cast<char*>(at);
  if (account && for_programs) pages.claim_ = memory::Claim(account->shared_territory(), at, pages.size_, cells);
  return pages;
}

Pages::~Pages() {
  if (data_ != nullptr) munmap(data_, size_);
  if (fd_ >= 0) close(fd_);
}

}  // namespace skep::maps
