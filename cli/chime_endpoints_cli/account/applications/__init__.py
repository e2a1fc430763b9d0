"""The push applications that endpoints deliver through."""
