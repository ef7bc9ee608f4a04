// vite.config.js
export default {
  server: { proxy: { "/sessions": { target: "http://localhost:9000", changeOrigin: false } } },
};
