// See calls/impl/red_black.hpp.
//
// What is done is in every textbook: a new node is red, and as long as it is so below another red one, that is mended
// by its uncle's color; where a black node has gone, its place lacks one, and as long as it does, that is mended by its
// sibling's color and its nephews'.
#include "calls/impl/red_black.hpp"

#include <utility>

namespace skep::calls::impl {
namespace {

void set_parent(TreeNode& node, TreeNode* parent) {
  node.parent_and_color = reinterpret_cast<std::uint64_t>(parent) | (node.parent_and_color & 1);
}
void paint(TreeNode& node, bool black) {
  node.parent_and_color = (node.parent_and_color & ~std::uint64_t{1}) | (black ? 1 : 0);
}
bool is_black(const TreeNode* node) {
  return node == nullptr || node->black();
}
// A node's child on one side, and on the other.
TreeNode*& child(TreeNode& node, bool left) {
  return left ? node.left : node.right;
}
TreeNode*& link_to(TreeRoot& root, TreeNode& node) {
  TreeNode* const parent = node.parent();
  return parent == nullptr ? root.top : child(*parent, parent->left == &node);
}

// The child on the other side than `left` takes the node's place, and the node becomes its child.
void rotate(TreeRoot& root, TreeNode& node, bool left) {
  TreeNode& up = *child(node, !left);
  link_to(root, node) = &up;
  set_parent(up, node.parent());
  TreeNode*& inner = child(up, left);
  child(node, !left) = inner;
  if (inner != nullptr) set_parent(*inner, &node);
  inner = &node;
  set_parent(node, &up);
}

// Below `parent`, on that side, every way down has a black node too few.
void restore_black(TreeRoot& root, TreeNode* parent, bool left) {
  while (parent != nullptr) {
    TreeNode* sibling = child(*parent, !left);
    if (!sibling->black()) {
      paint(*sibling, true);
      paint(*parent, false);
      rotate(root, *parent, left);
      sibling = child(*parent, !left);
    }
    TreeNode* const far = child(*sibling, !left);
    TreeNode* const near = child(*sibling, left);
    if (is_black(far) && is_black(near)) {
      paint(*sibling, false);
      if (!parent->black()) {
        paint(*parent, true);
        return;
      }
      TreeNode* const above = parent->parent();
      left = above != nullptr && above->left == parent;
      parent = above;
      continue;
    }
    if (is_black(far)) {
      paint(*near, true);
      paint(*sibling, false);
      rotate(root, *sibling, !left);
      sibling = near;
    }
    paint(*sibling, parent->black());
    paint(*parent, true);
    paint(*child(*sibling, !left), true);
    rotate(root, *parent, left);
    return;
  }
}

}  // namespace

void tree_insert(TreeRoot& root, TreeNode& node, TreeNode* parent, TreeNode*& link) {
  node.left = node.right = nullptr;
  node.parent_and_color = reinterpret_cast<std::uint64_t>(parent);
  link = &node;
  TreeNode* at = &node;
  for (TreeNode* up = at->parent(); up != nullptr && !up->black(); up = at->parent()) {
    TreeNode& grand = *up->parent();  // a red node is not at the top
    const bool left = grand.left == up;
    TreeNode* const uncle = child(grand, !left);
    if (!is_black(uncle)) {
      paint(*up, true);
      paint(*uncle, true);
      paint(grand, false);
      at = &grand;
      continue;
    }
    if (child(*up, !left) == at) {
      rotate(root, *up, left);
      std::swap(at, up);
    }
    paint(*up, true);
    paint(grand, false);
    rotate(root, grand, !left);
  }
  paint(*root.top, true);
}

void tree_remove(TreeRoot& root, TreeNode& node) {
  TreeNode* lacking = nullptr;  // below which a black node has gone
  bool left = false, went_black = false;
  if (node.left != nullptr && node.right != nullptr) {
    // The next one in order takes its place and color.
    TreeNode* next = node.right;
    while (next->left != nullptr) next = next->left;
    went_black = next->black();
    TreeNode* const behind = next->right;
    if (next->parent() == &node) {
      lacking = next;
    } else {
      lacking = next->parent();
      left = true;
      lacking->left = behind;
      if (behind != nullptr) set_parent(*behind, lacking);
      next->right = node.right;
      set_parent(*next->right, next);
    }
    link_to(root, node) = next;
    next->parent_and_color = node.parent_and_color;
    next->left = node.left;
    set_parent(*next->left, next);
    if (behind != nullptr && went_black) paint(*behind, true), went_black = false;
  } else {
    TreeNode* const behind = node.left != nullptr ? node.left : node.right;
    went_black = node.black();
    lacking = node.parent();
    left = lacking != nullptr && lacking->left == &node;
    link_to(root, node) = behind;
    if (behind != nullptr) {
      set_parent(*behind, lacking);
      if (went_black) paint(*behind, true), went_black = false;
    }
  }
  if (went_black) restore_black(root, lacking, left);
  node.parent_and_color = 0;
  node.left = node.right = nullptr;
}

}  // namespace skep::calls::impl
