// Whether libbpf's arrays grow in place on this thread; see growth.cpp.
#pragma once

namespace skep::loader {

void keep_room_for_growth(bool keep);

}  // namespace skep::loader
