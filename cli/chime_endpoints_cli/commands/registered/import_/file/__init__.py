"""The declaration file that `import` writes."""
